/** In the lane: times verified candidates beside the baselines, and refuses what cannot be or keeps its results. */
import type { CpuEffort } from "@kevo/core/effort/effort.ts";
import type { Measurement } from "@kevo/proto/outcome.ts";
import type { Quietness } from "@kevo/proto/quietness.ts";
import type { Job, Measured } from "../backend.ts";
import { HostFault } from "../host-fault.ts";
import { describeNoise, MachineBusy } from "../machine-busy.ts";
import { describeBaseline } from "./baseline-name.ts";
import type { ComparisonTimes } from "./comparison.ts";
import { type DeviceLimits, type Precision, precisionOf } from "./device-limits.ts";
import { apart, type Disturbance, isTooBusy, othersDoing, widened, withoutClaim } from "./disturbance.ts";
import { WrongOutput } from "./finding.ts";
import type { HostWatch } from "./host-activity.ts";
import { refuseKeptResults } from "./kept-results.ts";
import { callLimit, compare, fastestOf, type PairedComparison, type Samples } from "./paired-comparison.ts";
import type { EmptyCall } from "./process-table.ts";
import { median, pairedRatio } from "./statistics.ts";

/** With more threads of other programs per core, a limit that was measured is no proof. */
const MAX_LOAD = 0.5;
/** Times below this are not told apart, milliseconds. */
const RESOLUTION_MS = 0.0005;

/**
 * What becomes of a measurement on a machine that is too busy: it is refused, or it is given without a claim, or it is
 * given as if the machine were quiet (what calibrates the limits needs that).
 */
export type WhenBusy = "refuse" | "claim_nothing" | "measure";

export interface MeasureOptions {
  readonly limits: DeviceLimits;
  /** Times of well-known libraries. */
  readonly libraries: ComparisonTimes;
  readonly watch: HostWatch;
  readonly whenBusy: WhenBusy;
  readonly random?: () => number;
}

/**
 * The whole of a verified candidate's measurement, in the order of its workloads. Throws WrongOutput or ProcessFailed, and
 * MachineBusy where a finalist's would say nothing.
 */
export async function measureAll(
  comparisons: readonly PairedComparison[],
  job: Job,
  budget: CpuEffort,
  options: MeasureOptions,
): Promise<Measured> {
  const first = await measureOnce(comparisons, job, budget, options);
  if (!isNewBest(first, job)) return first;
  // Among many candidates somebody always meets a slow moment of the baseline, or a slow process of it.
  const beside: PairedComparison[] = [];
  for (const comparison of comparisons) {
    const [fastest] = comparison.baselines;
    const again = { name: fastest.name, process: await comparison.spawnTwin() };
    beside.push({ ...comparison, baselines: [fastest, again] });
  }
  const second = await measureOnce(beside, job, budget, options);
  return speedupOf(second) < speedupOf(first) ? second : first;
}

/** What a search is led by. */
function isNewBest(measured: Measured, { purpose, bestSpeedup, neverStopEarly }: Job): boolean {
  return purpose === "search" && !neverStopEarly && bestSpeedup !== null && speedupOf(measured) > bestSpeedup;
}

function speedupOf({ measurements }: Measured): number {
  const logs = measurements.map(({ speedup }) => Math.log(speedup ?? 1));
  return Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
}

async function measureOnce(
  comparisons: readonly PairedComparison[],
  job: Job,
  budget: CpuEffort,
  { limits, libraries, watch, whenBusy, random = Math.random }: MeasureOptions,
): Promise<Measured> {
  const measurements: Measurement[] = [];
  const types = job.kernel.definition.arguments?.map(({ type }) => type) ?? [];
  const precision = precisionOf(types);
  const disturbances: Disturbance[] = [];
  let stoppedEarly = false;
  for (const comparison of comparisons) {
    const samples = await compare(comparison, job, budget, { watch, random, patient: whenBusy !== "claim_nothing" });
    stoppedEarly ||= samples.stopped;
    const empty = await comparison.emptyCall(median(fastestOf([samples.candidate, ...samples.beside])));
    await refuseImpossible(comparison, samples, empty, { limits, precision, watch, whenBusy });
    const limitMs = callLimit(budget, comparison.baselines);
    await refuseKeptResults(comparison.candidate, limitMs);
    const { workload } = comparison.candidate.source;
    const disturbance = othersDoing(disturbanceOf(samples), watch.end().load_per_core);
    disturbances.push(disturbance);
    const peak = precision === null ? Number.POSITIVE_INFINITY : await limits.peakGflops(precision);
    const possibleMs = (workload.flops ?? 0) / peak / 1e6;
    const measured = summary(comparison, samples, empty, {
      ...{ disturbance, resamples: budget.resamples, possibleMs, whenBusy },
    });
    const others = { ...measured.others, ...timesOf(libraries, workload.name) };
    measurements.push({ ...measured, ...(await limits.shares(workload, measured.time_ms, precision)), others });
  }
  const quietness = quietnessOf(watch, disturbances);
  if (job.purpose === "finalist" && disturbances.some(isTooBusy) && whenBusy === "refuse")
    throw new MachineBusy(describeNoise(quietness));
  return {
    outcome: "ok",
    measurements,
    stoppedEarly,
    ...(job.purpose === "finalist" && { environment: { quietness } }),
  };
}

/** The worst of all workloads. */
function quietnessOf(watch: HostWatch, disturbances: readonly Disturbance[]): Quietness {
  const most = (of: (found: Disturbance) => number) => Math.max(...disturbances.map(of));
  return {
    ...watch.end(),
    waited: most(({ ownWait, baselineWait }) => Math.max(ownWait, baselineWait)),
    aa_ratio: most(({ repeated }) => apart(repeated)),
    drift: most(({ drift }) => apart(drift)),
  };
}

async function refuseImpossible(
  { candidate, baselines }: PairedComparison,
  samples: Samples,
  empty: EmptyCall,
  {
    limits,
    precision,
    watch,
    whenBusy,
  }: Omit<MeasureOptions, "libraries" | "random"> & { readonly precision: Precision | null },
): Promise<void> {
  const { workload } = candidate.source;
  // Medians, with the cost of reaching the process included: a time that is refused here is impossible beyond doubt.
  const wrong = await limits.impossible(workload, median(samples.candidate), empty.ms, precision);
  if (wrong === null) return;
  // The limits were measured on the same machine, with other programs on its cores.
  const { load_per_core: load } = watch.end();
  if (load !== null && load > MAX_LOAD && whenBusy === "refuse")
    throw new MachineBusy(`${wrong}, but other programs want ${load.toFixed(1)} threads per core`);
  const its = await limits.impossible(workload, median(fastestOf(samples.beside)), empty.ms, precision);
  if (its === null) throw new WrongOutput(wrong);
  throw new HostFault(
    "baseline_failed",
    `${describeBaseline(candidate.judging.definition, baselines[0].name)}: ${its}. The kernel's flops or bytes for workload ${workload.name} do not match the computation.`,
  );
}

/** The machine's effect on the rounds, for the candidate and for the baseline that it is compared with. */
function disturbanceOf({ beside, twin, waited }: Samples): Disturbance {
  const [own = [], ...others] = waited;
  // With the way to the process: without it, tiny differences of two equal calls would be large ratios.
  const first = beside[0] as number[];
  const repeated = twin.length === 0 ? 1 : pairedRatio(first, twin, 1).value;
  const half = first.length >> 1;
  const drift = half === 0 ? 1 : median(first.slice(0, half)) / median(first.slice(-half));
  const fastest = beside.indexOf(fastestOf(beside) as number[]);
  return { repeated, drift, ownWait: median(own), baselineWait: median(others[fastest] as number[]) };
}

interface Conditions {
  readonly disturbance: Disturbance;
  readonly resamples: number;
  /** No call can take less. */
  readonly possibleMs: number;
  readonly whenBusy: WhenBusy;
}

/** Times without the way to the process and back, which is what a call costs that does nothing. */
function summary(
  { candidate, baselines }: PairedComparison,
  samples: Samples,
  empty: EmptyCall,
  { disturbance, resamples, possibleMs, whenBusy }: Conditions,
) {
  // Differences smaller than that of two empty calls say nothing.
  const least = Math.max(RESOLUTION_MS, empty.apart, possibleMs);
  const net = (times: readonly number[]) => times.map((ms) => Math.max(ms - empty.ms, least));
  const own = net(samples.candidate);
  const beside = samples.beside.map(net);
  const medians = beside.map(median);
  const fastest = medians.indexOf(Math.min(...medians));
  const wide = widened(pairedRatio(beside[fastest] as number[], own, resamples), disturbance);
  const { value, low, high } = isTooBusy(disturbance) && whenBusy !== "measure" ? withoutClaim(wide) : wide;
  return {
    workload: candidate.source.workload.name,
    time_ms: median(own),
    baseline_ms: medians[fastest] as number,
    baseline: baselines[fastest]?.name ?? null,
    speedup: value,
    speedup_low: low,
    speedup_high: high,
    error: candidate.error,
    samples: own,
    others: Object.fromEntries(baselines.map(({ name }, at) => [name, medians[at] as number])),
  };
}

function timesOf(libraries: ComparisonTimes, workload: string): Record<string, number> {
  return Object.fromEntries(
    Object.entries(libraries).flatMap(([name, times]) => {
      const time = times[workload];
      return time === undefined ? [] : [[name, time]];
    }),
  );
}
