/** How quiet the machine was, in one line for people. */
import type { Quietness } from "@kevo/proto/quietness.ts";
import { formatShare } from "../progress/format.ts";

/** Below it, no other program can have kept a core for long. */
const QUIET_LOAD = 0.1;
/** Waits that are worth a word. */
const MUCH = 0.05;

/** What waited then were threads of the kernel for its own other threads, such as those of OpenMP that spin. */
function isAlone({ load_per_core, stolen, waited }: Quietness): boolean {
  return load_per_core !== null && load_per_core <= QUIET_LOAD && (stolen ?? 0) <= QUIET_LOAD && waited > MUCH;
}

/** @param what of those that were measured */
export function quietnessText(found: Quietness, what = "the finalists were"): string {
  const { load_per_core, stolen, waited, aa_ratio, drift } = found;
  const parts = [
    ...(load_per_core === null ? [] : [`other programs' load ${load_per_core.toFixed(2)} per core`]),
    ...(stolen === null ? [] : [`stolen ${formatShare(stolen)}`]),
    `threads waited up to ${formatShare(waited)}${isAlone(found) ? ", for each other" : ""}`,
    `a baseline against itself up to ${aa_ratio.toFixed(2)}×`,
    `drift up to ${drift.toFixed(2)}×`,
  ];
  return `Noise while ${what} measured: ${parts.join(", ")}.`;
}
