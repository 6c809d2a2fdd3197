/**
 * Loaded into the coordinator of a simulation by `--import`: notes how long each result waited for its commit, and how long
 * commits and collections of garbage held the thread up. Answers whoever started the coordinator.
 */
import { PerformanceObserver } from "node:perf_hooks";
import { evaluationCounted } from "@kevo/coordinator/telemetry/channels.ts";

export interface Recorded {
  /** From the arrival of a result until it is on the disk, milliseconds. */
  readonly commitsMs: readonly number[];
  /** Collections of garbage for which the thread stood still. */
  readonly collectionsMs: readonly number[];
}

let commitsMs: number[] = [];
let collectionsMs: number[] = [];

evaluationCounted.listen(({ seconds }) => commitsMs.push(1000 * seconds));
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) collectionsMs.push(duration);
}).observe({ entryTypes: ["gc"] });

process.on("message", () => {
  const recorded: Recorded = { commitsMs, collectionsMs };
  [commitsMs, collectionsMs] = [[], []];
  process.send?.(recorded);
});
// It does not keep the coordinator.
process.channel?.unref();
