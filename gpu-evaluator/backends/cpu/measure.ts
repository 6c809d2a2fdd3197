/** In the lane: verifies a candidate on every workload, then times it beside the baselines, then audits it. */
import type { CpuEffort } from "@kevo/core/effort/effort.ts";
import type { Workload } from "@kevo/proto/kernel.ts";
import type { Measurement } from "@kevo/proto/outcome.ts";
import type { Device, Job, Measured } from "../backend.ts";
import type { Baseline } from "./baselines.ts";
import type { ComparisonTimes } from "./comparison.ts";
import { median, pairedRatio } from "./statistics.ts";
import { CLEARLY_SLOWER, HOPELESS, NARROW, NOISY_FACTOR, ROUNDS_BEFORE_STOP } from "./timing-rules.ts";
import type { Trial } from "./trial.ts";

/** A candidate's trial and what it is timed beside: in a search the fastest baseline, for a finalist all of them. */
export interface Match {
  readonly trial: Trial;
  readonly baselines: readonly [Baseline, ...Baseline[]];
}

/** A call so slow that a limit would strike it is still measured when the baseline is of the same kind. */
const LIMIT_FACTOR = 30;

export function runLimit(budget: CpuEffort, baselines: readonly Baseline[]): number {
  const slowest = Math.max(...baselines.map(({ trial }) => trial.callMs));
  return Math.max(budget.runLimitMs, LIMIT_FACTOR * slowest);
}

/** Throws WrongOutput or TrialFailed. `random` (0 to 1) picks the round whose outputs are checked. */
export async function timeMatch(
  { trial, baselines }: Match,
  job: Job,
  budget: CpuEffort,
  random: () => number,
): Promise<{ measurement: Omit<Measurement, "gflops" | "peak_share">; stopped: boolean }> {
  const limit = runLimit(budget, baselines);
  const finalist = job.purpose === "finalist";
  // A call that is shorter than a batch may only have been slow to start its threads.
  const slow = Math.max(HOPELESS * baselines[0].trial.callMs, budget.batchMs);
  const mayStop = !finalist && !job.neverStopEarly;
  const hopeless = mayStop && trial.callMs > slow;
  const most = hopeless ? 1 : budget.rounds * NOISY_FACTOR;
  // Among the rounds that every candidate gets to; one that it cannot foresee.
  const checked = hopeless ? 0 : Math.floor(random() * (finalist ? budget.rounds : ROUNDS_BEFORE_STOP));
  for (const timed of [trial, ...baselines.map((baseline) => baseline.trial)]) timed.retries = budget.rounds;
  const end = performance.now() + budget.roundsLimitMs;
  const samples: number[] = [];
  const beside = baselines.map((): number[] => []);
  let stopped = hopeless;
  for (let round = 0; round < most; round++) {
    const candidate = async () => {
      const batch = round === checked ? trial.checkedBatch : trial.batch;
      samples.push(await batch.call(trial, budget.batchMs, limit));
    };
    // Each other round the other way about, so that neither always runs on the caches that the other left.
    if (round % 2 === 0) await candidate();
    for (const [at, baseline] of baselines.entries())
      beside[at]?.push(await baseline.trial.batch(budget.batchMs, limit));
    if (round % 2 === 1) await candidate();

    if (!mayStop || round + 1 !== ROUNDS_BEFORE_STOP) {
      // On a noisy machine more rounds, until the interval is narrow or the time is up.
      if (round + 1 > ROUNDS_BEFORE_STOP && performance.now() > end) break;
      if (round + 1 >= budget.rounds && spread(fastestOf(beside), samples, budget.resamples) <= NARROW) break;
      continue;
    }
    // Least against least: what else runs on this machine only ever adds to a time.
    const ratio = Math.min(...beside.flat()) / Math.min(...samples);
    if (ratio < CLEARLY_SLOWER * (job.bestSpeedup ?? 1)) {
      stopped = true;
      break;
    }
  }
  const time = median(samples);
  await trial.audit(Math.min(...samples), limit);

  const medians = beside.map(median);
  const fastest = medians.indexOf(Math.min(...medians));
  const { value, low, high } = pairedRatio(beside[fastest] as number[], samples, budget.resamples);
  const measurement = {
    workload: trial.workload.name,
    time_ms: time,
    baseline_ms: medians[fastest] as number,
    baseline: (baselines[fastest] as Baseline).name,
    speedup: value,
    speedup_low: low,
    speedup_high: high,
    error: trial.error,
    samples,
    others: Object.fromEntries(baselines.map(({ name }, at) => [name, medians[at] as number])),
  };
  return { measurement, stopped };
}

function fastestOf(beside: readonly number[][]): number[] {
  const medians = beside.map(median);
  return beside[medians.indexOf(Math.min(...medians))] as number[];
}

function spread(above: readonly number[], below: readonly number[], resamples: number): number {
  const { low, high } = pairedRatio(above, below, resamples);
  return high / low - 1;
}

/** The whole of a verified candidate's measurement, in the order of its workloads. */
export async function timeAll(
  matches: readonly Match[],
  job: Job,
  budget: CpuEffort,
  device: Device,
  libraries: ComparisonTimes,
  random: () => number = Math.random,
): Promise<Measured> {
  const measurements: Measurement[] = [];
  let stoppedEarly = false;
  for (const match of matches) {
    const { measurement, stopped } = await timeMatch(match, job, budget, random);
    stoppedEarly ||= stopped;
    const rate = gflops(match.trial.workload, measurement.time_ms);
    measurements.push({
      ...measurement,
      gflops: rate,
      peak_share: device.peakGflops === null ? null : rate / device.peakGflops,
      others: { ...measurement.others, ...timesOf(libraries, measurement.workload) },
    });
  }
  return { outcome: "ok", measurements, stoppedEarly };
}

function gflops(workload: Workload, ms: number): number {
  return workload.flops / ms / 1e6;
}

function timesOf(libraries: ComparisonTimes, workload: string): Record<string, number> {
  return Object.fromEntries(
    Object.entries(libraries).flatMap(([name, times]) => {
      const time = times[workload];
      return time === undefined ? [] : [[name, time]];
    }),
  );
}
