/** In the lane: times verified candidates beside the baselines, and refuses what cannot be or keeps its results. */
import type { CpuEffort } from "@kevo/core/effort/effort.ts";
import type { Measurement } from "@kevo/proto/outcome.ts";
import type { Job, Measured } from "../backend.ts";
import { HostFault } from "../host-fault.ts";
import type { ComparisonTimes } from "./comparison.ts";
import type { DeviceLimits, Precision } from "./device-limits.ts";
import { type Disturbance, withUncertainty } from "./disturbance.ts";
import { WrongOutput } from "./finding.ts";
import { refuseKeptResults } from "./kept-results.ts";
import { callLimit, compare, fastestOf, type PairedComparison, type Samples } from "./paired-comparison.ts";
import type { EmptyCall } from "./process-table.ts";
import { median, pairedRatio } from "./statistics.ts";

/** Times below this are not told apart, milliseconds. */
const RESOLUTION_MS = 0.0005;

/** The whole of a verified candidate's measurement, in the order of its workloads. Throws WrongOutput or ProcessFailed. */
export async function measureAll(
  comparisons: readonly PairedComparison[],
  job: Job,
  budget: CpuEffort,
  limits: DeviceLimits,
  libraries: ComparisonTimes,
  random: () => number = Math.random,
): Promise<Measured> {
  const measurements: Measurement[] = [];
  const precision: Precision = "f32";
  let stoppedEarly = false;
  for (const comparison of comparisons) {
    const samples = await compare(comparison, job, budget, random);
    stoppedEarly ||= samples.stopped;
    const empty = await comparison.emptyCall(median(fastestOf([samples.candidate, ...samples.beside])));
    await refuseImpossible(comparison, samples, empty, limits, precision);
    const limitMs = callLimit(budget, comparison.baselines);
    await refuseKeptResults(comparison.candidate, limitMs);
    const { workload } = comparison.candidate.source;
    const possibleMs = (workload.flops ?? 0) / (await limits.peakGflops(precision)) / 1e6;
    const measured = summary(comparison, samples, empty, budget.resamples, possibleMs);
    const others = { ...measured.others, ...timesOf(libraries, workload.name) };
    measurements.push({ ...measured, ...(await limits.shares(workload, measured.time_ms, precision)), others });
  }
  return { outcome: "ok", measurements, stoppedEarly };
}

async function refuseImpossible(
  { candidate, baselines }: PairedComparison,
  samples: Samples,
  empty: EmptyCall,
  limits: DeviceLimits,
  precision: Precision,
): Promise<void> {
  const { workload } = candidate.source;
  // Medians, with the cost of reaching the process included: a time that is refused here is impossible beyond doubt.
  const wrong = await limits.impossible(workload, median(samples.candidate), empty.ms, precision);
  if (wrong === null) return;
  const its = await limits.impossible(workload, median(fastestOf(samples.beside)), empty.ms, precision);
  if (its === null) throw new WrongOutput(wrong);
  throw new HostFault(
    "baseline_failed",
    `baseline '${baselines[0].name}': ${its}. The kernel's flops or bytes for workload ${workload.name} do not match the computation.`,
  );
}

/** The machine's effect on the rounds, for the candidate and for the baseline that it is compared with. */
function disturbance({ beside, twin, waited }: Samples, fastest: number): Disturbance {
  const [own = [], ...others] = waited;
  // With the way to the process: without it, tiny differences of two equal calls would be large ratios.
  const repeated = twin.length === 0 ? 1 : pairedRatio(beside[0] as number[], twin, 1).value;
  return { repeated, ownWait: median(own), baselineWait: median(others[fastest] as number[]) };
}

/**
 * Times without the way to the process and back, which is what a call costs that does nothing.
 * @param possibleMs no call can take less
 */
function summary(
  { candidate, baselines }: PairedComparison,
  samples: Samples,
  empty: EmptyCall,
  resamples: number,
  possibleMs: number,
) {
  // Differences smaller than that of two empty calls say nothing.
  const least = Math.max(RESOLUTION_MS, empty.apart, possibleMs);
  const net = (times: readonly number[]) => times.map((ms) => Math.max(ms - empty.ms, least));
  const own = net(samples.candidate);
  const beside = samples.beside.map(net);
  const medians = beside.map(median);
  const fastest = medians.indexOf(Math.min(...medians));
  const { value, low, high } = withUncertainty(
    pairedRatio(beside[fastest] as number[], own, resamples),
    disturbance(samples, fastest),
  );
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
