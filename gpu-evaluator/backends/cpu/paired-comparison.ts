/**
 * The paired comparison of a verified candidate with baselines: in every round each of them gets the same new inputs,
 * one call a set, and the candidate's answers are compared with the fastest baseline's or with known ones. The
 * reference settles a disagreement with a baseline.
 */
import { rm } from "node:fs/promises";
import type { CpuEffort } from "@kevo/core/effort/effort.ts";
import type { Job } from "../backend.ts";
import { HostFault } from "../host-fault.ts";
import { describeBaseline } from "./baseline-name.ts";
import { complaint, WrongOutput } from "./finding.ts";
import type { HostWatch } from "./host-activity.ts";
import { KnownSets } from "./known-sets.ts";
import type { EmptyCall } from "./process-table.ts";
import { median, pairedRatio } from "./statistics.ts";
import type { TimedProcess } from "./timed-process.ts";
import { CLEARLY_SLOWER, HOPELESS, NARROW, NOISY_FACTOR, ROUNDS_BEFORE_STOP } from "./timing-rules.ts";

export interface Baseline {
  readonly name: string;
  readonly process: TimedProcess;
}

/** A candidate and what it is timed beside: in a search the fastest baseline, for a finalist all of them. */
export interface PairedComparison {
  readonly candidate: TimedProcess;
  readonly baselines: readonly [Baseline, ...Baseline[]];
  /** The cost of a call that does nothing. @param callMs the shortest call so far */
  readonly emptyCall: (callMs: number) => Promise<EmptyCall>;
  /**
   * The fastest baseline a second time, in another process, where a claim will be made: the difference of the two is no
   * kernel's merit.
   */
  readonly twin: TimedProcess | null;
  /** Starts such a process; it ends with the measurement. */
  readonly spawnTwin: () => Promise<TimedProcess>;
  /** Files of known answers that the candidate has not seen. */
  readonly unseen: readonly string[];
  /** Makes the file of the answer to the inputs of a seed, which is removed after use. */
  readonly answer: (seed: string) => Promise<string>;
}

/** Milliseconds of one call, one number a round, everything that the way to a process costs included. */
export interface Samples {
  readonly candidate: readonly number[];
  /** In the order of the baselines. */
  readonly beside: readonly (readonly number[])[];
  /** Of the twin; empty without one. */
  readonly twin: readonly number[];
  /** Share of its time that a process waited for a core, by round: the candidate's, then the baselines'. */
  readonly waited: readonly (readonly number[])[];
  readonly stopped: boolean;
}

interface RoundTime {
  readonly ms: number;
  /** Share of the time. */
  readonly waited: number;
}

const NO_TIME: RoundTime = { ms: Number.NaN, waited: 0 };

/** A call so slow that a limit would strike it is still measured when the baseline is of the same kind. */
const LIMIT_FACTOR = 30;
/** Most sets of inputs in a round: more say no more about a call that is this short. */
const MAX_SETS = 64;
/** A round in which threads waited this share of their time for a core that something else held is played again. */
const BUSY_SHARE = 0.04;
/** This share of the time for rounds where the machine is always busy. */
const IMPATIENT = 0.2;
/** Fewer rounds of a finalist allow no interval, however long they take. */
const FINALIST_ROUNDS = 6;
/** Disagreements that the reference settled in the candidate's favour. */
const MAX_DISPUTES = 5;

export function callLimit(budget: CpuEffort, baselines: readonly Baseline[]): number {
  const slowest = Math.max(...baselines.map(({ process }) => process.callMs));
  return Math.max(budget.runLimitMs, LIMIT_FACTOR * slowest);
}

/** Sets of a round, so that each process is timed for about `batchMs`. */
export function setsOf(batchMs: number, processes: readonly TimedProcess[]): number {
  const onceMs = processes.reduce((sum, { callMs }) => sum + callMs, 0);
  const sets = Math.round((batchMs * processes.length) / Math.max(onceMs, 1e-4));
  return Math.max(1, Math.min(MAX_SETS, sets));
}

export interface CompareOptions {
  /** Looks at the machine before each round. */
  readonly watch: Pick<HostWatch, "sample">;
  /** 0 to 1; picks the sets whose answers are known. */
  readonly random: () => number;
  /** On a busy machine, to play a round again and to add rounds. Where the machine is always busy, that only takes longer. */
  readonly patient: boolean;
}

/** Throws WrongOutput or ProcessFailed. */
export async function compare(
  comparison: PairedComparison,
  job: Job,
  budget: CpuEffort,
  { watch, random, patient }: CompareOptions,
): Promise<Samples> {
  const { candidate, baselines } = comparison;
  const finalist = job.purpose === "finalist";
  // A call that is shorter than a batch may only have been slow to start its threads.
  const slow = Math.max(HOPELESS * baselines[0].process.callMs, budget.batchMs);
  const mayStop = !finalist && !job.neverStopEarly;
  const hopeless = mayStop && candidate.callMs > slow;
  const sets = hopeless ? 1 : setsOf(budget.batchMs, [candidate, ...baselines.map(({ process }) => process)]);
  const most = hopeless ? 1 : budget.rounds * (patient ? NOISY_FACTOR : 1);
  const fewest = finalist ? FINALIST_ROUNDS : ROUNDS_BEFORE_STOP + 1;
  // Among the sets that every candidate gets to.
  const certain = hopeless ? 1 : (finalist ? budget.rounds : ROUNDS_BEFORE_STOP) * sets;
  const known = new KnownSets(comparison.unseen, certain, random);
  const rounds = new Rounds(comparison, budget, { sets, known, retries: patient ? budget.rounds : 0 });
  const end = performance.now() + budget.roundsLimitMs * (patient ? 1 : IMPATIENT);
  const samples: number[] = [];
  const beside = baselines.map((): number[] => []);
  const twin: number[] = [];
  const waited = [candidate, ...baselines].map((): number[] => []);
  const found = (stopped: boolean): Samples => ({ candidate: samples, beside, twin, waited, stopped });
  for (let round = 0; round < most; round++) {
    watch.sample();
    const [own = NO_TIME, ...others] = await rounds.next();
    samples.push(own.ms);
    for (const [at, times] of beside.entries()) times.push((others[at] as RoundTime).ms);
    const repeated = others[baselines.length];
    if (repeated !== undefined) twin.push(repeated.ms);
    for (const [at, shares] of waited.entries()) shares.push(([own, ...others][at] as RoundTime).waited);
    if (!mayStop || round + 1 !== ROUNDS_BEFORE_STOP) {
      // On a noisy machine more rounds, until the interval is narrow or the time is up.
      if (round + 1 >= fewest && performance.now() > end) break;
      if (round + 1 >= budget.rounds && spread(fastestOf(beside), samples, budget.resamples) <= NARROW) break;
      continue;
    }
    // Least against least: what else runs on this machine only ever adds to a time.
    const ratio = Math.min(...beside.flat()) / Math.min(...samples);
    if (ratio < CLEARLY_SLOWER * (job.bestSpeedup ?? 1)) return found(true);
  }
  return found(hopeless);
}

export function fastestOf(beside: readonly (readonly number[])[]): readonly number[] {
  const medians = beside.map(median);
  return beside[medians.indexOf(Math.min(...medians))] as readonly number[];
}

function spread(above: readonly number[], below: readonly number[], resamples: number): number {
  const { low, high } = pairedRatio(above, below, resamples);
  return high / low - 1;
}

/** Rounds one after the other, each the calmest of a few where the machine is busy. */
class Rounds {
  readonly #comparison: PairedComparison;
  readonly #sets: number;
  readonly #known: KnownSets;
  readonly #limitMs: number;
  /** How many more rounds may be played again because the machine was busy. */
  #retries: number;
  #disputes = 0;
  #bound: number;

  constructor(
    comparison: PairedComparison,
    budget: CpuEffort,
    { sets, known, retries }: { readonly sets: number; readonly known: KnownSets; readonly retries: number },
  ) {
    this.#comparison = comparison;
    this.#sets = sets;
    this.#known = known;
    this.#retries = retries;
    this.#limitMs = callLimit(budget, comparison.baselines);
    // As far as two outputs may be apart of which each is as far as that from the right answer.
    this.#bound = comparison.candidate.judging.tolerance + comparison.baselines[0].process.error;
  }

  /** One call of the candidate, of each baseline, and of the twin. */
  async next(): Promise<readonly RoundTime[]> {
    let best = await this.#play();
    for (; this.#retries > 0 && best.waited > BUSY_SHARE; this.#retries--) {
      const again = await this.#play();
      if (again.waited < best.waited) best = again;
    }
    for (const [at, process] of this.#timed().entries()) process.callMs = best.times[at]?.ms as number;
    return best.times;
  }

  #timed(): TimedProcess[] {
    const { candidate, baselines, twin } = this.#comparison;
    return [candidate, ...baselines.map(({ process }) => process), ...(twin === null ? [] : [twin])];
  }

  async #play(): Promise<{ times: readonly RoundTime[]; waited: number }> {
    const { candidate } = this.#comparison;
    for (;;) {
      const known = this.#known.next(this.#sets);
      const processes = this.#timed().map(({ id }) => id);
      const plan = { sets: this.#sets, limitMs: this.#limitMs, bound: this.#bound, processes, known };
      const round = await candidate.source.round(plan);
      if (round.right) {
        candidate.error = Math.max(candidate.error, round.error);
        const waited = Math.max(...round.times.map((times) => times.waited));
        return { times: round.times, waited };
      }
      const { workload } = candidate.source;
      const wrong = complaint(round.finding, candidate.judging, this.#bound) ?? "the output is wrong";
      if (round.data !== null || round.finding.outside) {
        throw new WrongOutput(`workload ${workload.name} while it was timed: ${wrong}`);
      }
      await this.#settle(round.seed);
    }
  }

  /** The candidate and a baseline disagree: the reference says who is right. Throws WrongOutput, HostFault. */
  async #settle(seed: string): Promise<void> {
    const { candidate, baselines, answer } = this.#comparison;
    const [{ name, process }] = baselines;
    const path = await answer(seed);
    try {
      await candidate.check(path, " while it was timed");
      await process.check(path, "").catch((error: Error) => {
        throw new HostFault(
          "baseline_failed",
          `${describeBaseline(candidate.judging.definition, name)} is wrong on some inputs (seed ${seed}): ${error.message}`,
        );
      });
    } finally {
      await candidate.source.referee.command("drop", path);
      await rm(path, { force: true });
    }
    // Both are right, at the limit of the tolerance.
    this.#bound *= 2;
    if (++this.#disputes > MAX_DISPUTES)
      throw new HostFault(
        "baseline_failed",
        `${describeBaseline(candidate.judging.definition, name)} gives different answers for the same input`,
      );
  }
}
