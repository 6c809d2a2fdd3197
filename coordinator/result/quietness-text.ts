/** How quiet the machine was, in one line for people. */
import type { RunQuietness } from "@kevo/proto/quietness.ts";
import { formatShare } from "../progress/format.ts";

export function quietnessText({ load_per_core, stolen, waited, aa_ratio, drift }: RunQuietness): string {
  const parts = [
    ...(load_per_core === null ? [] : [`other programs' load ${load_per_core.toFixed(2)} per core`]),
    ...(stolen === null ? [] : [`stolen ${formatShare(stolen)}`]),
    `threads waited up to ${formatShare(waited)}`,
    `a baseline against itself up to ${aa_ratio.toFixed(2)}×`,
    `drift up to ${drift.toFixed(2)}×`,
  ];
  return `Noise while the finalists were measured: ${parts.join(", ")}.`;
}
