/**
 * The inputs of one workload in the referee: the kernel's own program that makes them, in a separate process, and the
 * memory that it fills, which candidates and baselines can only read. It holds one set of inputs at a time.
 */
import type { Workload } from "@kevo/proto/kernel.ts";
import { type Finding, readFinding } from "./finding.ts";
import type { ProcessTable } from "./process-table.ts";
import type { Referee } from "./referee.ts";
import { shapeFields } from "./shape-fields.ts";

/** Longest making of one set of inputs, milliseconds. */
const FILL_LIMIT_MS = 30_000;

/** The result of a round: times of all processes, or a wrong output of the first one. */
export type Round =
  | {
      readonly right: true;
      /** The largest error against known answers. */
      readonly error: number;
      /** In the order of the processes: of one call, and the time that its threads waited for a core as a share of it. */
      readonly times: readonly { readonly ms: number; readonly waited: number }[];
    }
  | {
      readonly right: false;
      /** File of the known answer; null where it was compared with another process's output. */
      readonly data: string | null;
      readonly seed: string;
      readonly finding: Finding;
    };

export interface RoundPlan {
  readonly sets: number;
  /** Longest call, milliseconds. */
  readonly limitMs: number;
  /** How far the first process's output may be from the second's, relative; 0: nothing is judged. */
  readonly bound: number;
  readonly processes: readonly number[];
  /** Files of known answers by the number of the set, which counts from 0. */
  readonly known?: ReadonlyMap<number, string>;
}

export class InputSource {
  readonly referee: Referee;
  readonly id: number;
  readonly workload: Workload;

  private constructor(referee: Referee, id: number, workload: Workload) {
    this.referee = referee;
    this.id = id;
    this.workload = workload;
  }

  /**
   * @param program linked from the kernel's reference
   * @param data any file of the workload's inputs: it says how large they are
   */
  static async open(
    table: ProcessTable,
    program: string,
    folder: string,
    workload: Workload,
    data: string,
  ): Promise<InputSource> {
    const id = await table.spawn(program, folder, null);
    await table.referee.command("source", id, data, FILL_LIMIT_MS, ...shapeFields(workload));
    return new InputSource(table.referee, id, workload);
  }

  /** New inputs, then one call on them. @returns milliseconds of processor time */
  async freshCall(process: number, limitMs: number): Promise<number> {
    await this.referee.command("fresh", this.id, FILL_LIMIT_MS);
    return this.#processorMs("call", process, limitMs);
  }

  /**
   * One more call on the inputs of the last `freshCall`, its output as it was left. The inputs are made again and the output
   * is written once more: what precedes a call, and with it what the caches hold, is the same for both.
   * @returns milliseconds of processor time
   */
  async sameCall(process: number, limitMs: number): Promise<number> {
    await this.referee.command("same", this.id, FILL_LIMIT_MS);
    return this.#processorMs("again", process, limitMs);
  }

  async #processorMs(command: "call" | "again", process: number, limitMs: number): Promise<number> {
    const [, ns] = await this.referee.command(command, process, Math.ceil(limitMs));
    return Number(ns) / 1e6;
  }

  async round({ sets, limitMs, bound, processes, known = new Map() }: RoundPlan): Promise<Round> {
    const answers = [...known].flat();
    const fields = [this.id, sets, Math.ceil(limitMs), bound, processes.join(","), ...answers];
    const [verdict, ...rest] = await this.referee.command("round", ...fields);
    if (verdict === "wrong") {
      const [data = "-", seed = "", ...finding] = rest;
      return { right: false, data: data === "-" ? null : data, seed, finding: readFinding(finding) };
    }
    const [error = 0, timed = sets, ...numbers] = rest.map(Number);
    const times = processes.map((_, at) => {
      const [ns = Number.NaN, waited = 0] = numbers.slice(2 * at);
      return { ms: ns / 1e6 / timed, waited: waited / ns };
    });
    return { right: true, error, times };
  }
}
