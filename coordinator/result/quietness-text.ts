/** How quiet the machine was, in one line for people. */
import type { Quietness } from "@kevo/proto/quietness.ts";
import { formatShare } from "../progress/format.ts";

/** @param what of those that were measured */
export function quietnessText(found: Quietness, what = "the finalists were"): string {
  const { load_per_core, stolen, waited, aa_ratio, drift } = found;
  const parts = [
    ...(load_per_core === null ? [] : [`other programs' load ${load_per_core.toFixed(2)} per core`]),
    ...(stolen === null ? [] : [`stolen ${formatShare(stolen)}`]),
    `threads waited up to ${formatShare(waited)}`,
    `a baseline against itself up to ${aa_ratio.toFixed(2)}×`,
    `drift up to ${drift.toFixed(2)}×`,
  ];
  return `Noise while ${what} measured: ${parts.join(", ")}.`;
}
