/** One process of a candidate or a baseline on one workload: opened, verified, and timed in rounds by others. */
import { complaint, type Judging, readFinding, WrongOutput } from "./finding.ts";
import type { InputSource } from "./input-source.ts";
import type { MeasurementData } from "./reference-data.ts";
import { shapeFields } from "./shape-fields.ts";

/** Longest mapping of the arrays, milliseconds. */
const OPEN_LIMIT_MS = 10_000;

export class TimedProcess {
  /** Its number in the referee. */
  readonly id: number;
  readonly source: InputSource;
  /** Time of one call as last seen, milliseconds; before timing, of the first calls on cold caches. */
  callMs = 0;
  /** Relative L2 error against right answers, the largest seen. */
  error = 0;
  readonly judging: Judging;

  private constructor(id: number, source: InputSource, judging: Judging) {
    this.id = id;
    this.source = source;
    this.judging = judging;
  }

  /** Gives process `id`, which was started for `source`, its arrays. */
  static async open(id: number, source: InputSource, judging: Judging): Promise<TimedProcess> {
    await source.referee.command("open", id, OPEN_LIMIT_MS, ...shapeFields(source.workload));
    return new TimedProcess(id, source, judging);
  }

  /** One call for each of the inputs whose answers are known. Throws WrongOutput or ProcessFailed. */
  async verify({ verification }: MeasurementData, limitMs: number): Promise<void> {
    const { referee, id: from } = this.source;
    const times: number[] = [];
    for (const data of verification) {
      await referee.command("known", from, data);
      const [ns] = await referee.command("call", this.id, Math.ceil(limitMs));
      times.push(Number(ns) / 1e6);
      await this.check(data, "");
    }
    this.callMs = Math.min(...times);
  }

  /** Holds its last output against a known answer. `when` begins with a space. Throws WrongOutput. */
  async check(data: string, when: string): Promise<void> {
    const finding = readFinding(await this.source.referee.command("check", this.id, data, this.judging.tolerance));
    const wrong = complaint(finding, this.judging);
    if (wrong !== null) throw new WrongOutput(`workload ${this.source.workload.name}${when}: ${wrong}`);
    this.error = Math.max(this.error, finding.error);
  }
}
