/** How near a time is to what the machine allows: the roofline model (Williams, Waterman, Patterson 2009). */
import type { BandwidthOf } from "@kevo/proto/outcome.ts";

export interface MeasuredShares {
  /** Of the measured peak of arithmetic, 0 to 1. */
  readonly peak_share: number | null;
  /** Of the measured bandwidth of what holds the workload's bytes. */
  readonly bandwidth_share: number | null;
  readonly bandwidth_of: BandwidthOf | null;
}

export interface Roofline {
  /** The larger of the two shares: the limit that the kernel is nearest to. */
  readonly share: number;
  readonly of: "peak" | BandwidthOf;
}

/** Null where neither share is known. */
export function rooflineOf({ peak_share, bandwidth_share, bandwidth_of }: MeasuredShares): Roofline | null {
  if (bandwidth_share !== null && bandwidth_of !== null && bandwidth_share > (peak_share ?? 0)) {
    return { share: bandwidth_share, of: bandwidth_of };
  }
  return peak_share === null ? null : { share: peak_share, of: "peak" };
}
