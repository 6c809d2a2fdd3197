/** The machine does too much else for a measurement to say anything: another attempt later may end better. */
import type { Quietness } from "@kevo/proto/quietness.ts";

export class MachineBusy extends Error {
  override readonly name = "MachineBusy";

  /** @param why completes "the machine is too busy to measure: …" */
  constructor(why: string) {
    super(`the machine is too busy to measure: ${why}`);
  }
}

/** For people. */
export function describeNoise({ waited, aa_ratio, drift, load_per_core, stolen }: Quietness): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  return [
    `threads waited ${percent(waited)} of the time for a core`,
    `a baseline differed from itself by a factor of ${aa_ratio.toFixed(2)} beside it and ${drift.toFixed(2)} over time`,
    ...(load_per_core === null ? [] : [`other programs wanted ${load_per_core.toFixed(1)} threads per core`]),
    ...(stolen === null || stolen < 0.005 ? [] : [`the hypervisor took ${percent(stolen)} of the time`]),
  ].join(", ");
}
