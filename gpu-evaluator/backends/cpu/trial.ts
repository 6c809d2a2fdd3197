/** One process of a candidate or baseline, opened on one workload: verified, timed, audited. */
import type { Workload } from "@kevo/proto/kernel.ts";
import type { Referee } from "./referee.ts";
import type { TrialData } from "./reference-data.ts";
import { VERIFICATION_SEEDS } from "./timing-rules.ts";

/** What the kernel's outputs were wrong in. */
export class WrongOutput extends Error {}

const MAX_CALLS = 2_000;
/** Longest mapping and filling of the arrays, milliseconds. */
const OPEN_LIMIT_MS = 10_000;
/** A call on inputs never seen may take this much longer than the fastest batch's, times, before it counts as cheating. */
const FRESH_FACTOR = 4;
const FRESH_SLACK_MS = 0.5;
/** A batch in which threads waited this share of its time for a core that something else held is timed again. */
const BUSY_SHARE = 0.04;
const FRESH_TRIES = 20;

export class Trial {
  readonly workload: Workload;
  /** Time of one call as last seen, milliseconds; before timing, of the first calls on cold caches. */
  callMs = 0;
  /** Relative L2 error, the largest seen. */
  error = 0;
  /** How many more batches may be timed again because the machine was busy. */
  retries = 0;
  readonly #referee: Referee;
  readonly #id: number;
  readonly #data: TrialData;
  readonly #tolerance: number;

  private constructor(referee: Referee, id: number, workload: Workload, data: TrialData, tolerance: number) {
    this.#referee = referee;
    this.#id = id;
    this.workload = workload;
    this.#data = data;
    this.#tolerance = tolerance;
  }

  /** Gives the process `id` of the referee its arrays, a slot for each seed. */
  static async open(
    referee: Referee,
    id: number,
    workload: Workload,
    data: TrialData,
    tolerance: number,
  ): Promise<Trial> {
    const shape = Object.entries(workload.shape).map(([name, value]) => `${name}=${value}`);
    const slots = data.verification.length;
    await referee.command("open", id, data.verification[0] as string, slots, OPEN_LIMIT_MS, ...shape);
    for (let slot = 1; slot < slots; slot++) await referee.command("load", id, slot, data.verification[slot] as string);
    return new Trial(referee, id, workload, data, tolerance);
  }

  /** Every seed once, on poisoned outputs. Throws WrongOutput or TrialFailed. */
  async verify(limitMs: number): Promise<void> {
    await this.#referee.command("poison", this.#id);
    const calls = this.#data.verification.length;
    this.callMs = await this.#run(0, calls, 0, limitMs);
    for (let slot = 0; slot < calls; slot++) await this.#check(slot, "");
  }

  /** Milliseconds of one call, over a batch of about `batchMs` after one call to warm up; the calmest of a few where busy. */
  async batch(batchMs: number, limitMs: number): Promise<number> {
    const calls = Math.max(1, Math.min(MAX_CALLS, Math.round(batchMs / Math.max(this.callMs, 1e-4))));
    let best = await this.#timed(1, calls, 0, limitMs);
    for (; this.retries > 0 && best.waited > BUSY_SHARE; this.retries--) {
      const next = await this.#timed(1, calls, 0, limitMs);
      if (next.waited < best.waited) best = next;
    }
    this.callMs = best.ms;
    return best.ms;
  }

  /** As `batch`, on poisoned outputs that are checked afterwards: the timed calls themselves must be right. */
  async checkedBatch(batchMs: number, limitMs: number): Promise<number> {
    await this.#referee.command("poison", this.#id);
    const time = await this.batch(Math.max(batchMs, this.callMs * VERIFICATION_SEEDS), limitMs);
    for (let slot = 0; slot < this.#data.verification.length; slot++) await this.#check(slot, " while it was timed");
    return time;
  }

  /**
   * After timing, inputs that the process has never seen: the answer must be right, and must not take so long that
   * earlier calls cannot have computed theirs.
   */
  async audit(repeatedMs: number, limitMs: number): Promise<void> {
    const most = repeatedMs * FRESH_FACTOR + FRESH_SLACK_MS;
    await this.#referee.command("load", this.#id, 0, this.#data.unseen);
    await this.#referee.command("poison", this.#id);
    let time = await this.#run(0, 1, 0, limitMs);
    await this.#check(0, " on new inputs after timing");
    // Something else on this machine may have been in the way; it will not be each time.
    for (let again = 0; again < FRESH_TRIES && time > most; again++) {
      await this.#referee.command("perturb", this.#id, 0, again);
      time = Math.min(time, await this.#run(0, 1, 0, limitMs));
    }
    if (time > most)
      throw new WrongOutput(
        `workload ${this.workload.name}: a call on new inputs takes ${time.toFixed(3)} ms, a repeated one ` +
          `${repeatedMs.toFixed(3)} ms: results are kept between calls`,
      );
  }

  async #run(warm: number, calls: number, first: number, limitMs: number): Promise<number> {
    return (await this.#timed(warm, calls, first, limitMs)).ms;
  }

  /** Milliseconds of a call, and the time that threads waited for a core as a share of the batch. */
  async #timed(warm: number, calls: number, first: number, limitMs: number): Promise<{ ms: number; waited: number }> {
    const answer = await this.#referee.command("run", this.#id, warm, calls, first, Math.ceil(limitMs));
    const [time = 0, waited = 0] = answer.map(Number);
    return { ms: time / 1e6 / calls, waited: waited / time };
  }

  async #check(slot: number, when: string): Promise<void> {
    const fields = (await this.#referee.command("check", this.#id, slot)).map(Number);
    const [error = Number.NaN, unwritten = 0, notFinite = 0, zero = 0, changed = 0, outside = 0] = fields;
    const wrong = (what: string) => new WrongOutput(`workload ${this.workload.name}${when}: ${what}`);
    if (outside) throw wrong("it wrote outside its arrays");
    if (changed) throw wrong("it changed its inputs");
    if (unwritten > 0) throw wrong(`${unwritten} elements of the output were never written`);
    if (notFinite > 0) throw wrong(`${notFinite} elements of the output are not finite`);
    if (zero) throw wrong("the output is all zero");
    if (!(error <= this.#tolerance))
      throw wrong(`relative L2 error ${error.toExponential(2)} is above ${this.#tolerance}`);
    this.error = Math.max(this.error, error);
  }
}
