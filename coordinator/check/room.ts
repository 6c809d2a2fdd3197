/** How much faster a workload could be at most: what its operations and bytes take at the machine's measured rates. */
import type { ReportedMeasurement } from "@kevo/proto/outcome.ts";

export interface Room {
  /** No call can take less, milliseconds. */
  readonly floor_ms: number;
  readonly limit: "peak" | "memory" | "cache";
  /** The default's time as a multiple of that. */
  readonly factor: number;
}

/** Null where the workload says neither flops nor bytes, or the device's rates are not known. */
export function roomOf(measured: ReportedMeasurement): Room | null {
  const { time_ms, peak_share, bandwidth_share, bandwidth_of } = measured;
  if (time_ms === null) return null;
  const [peak, bandwidth] = [peak_share ?? 0, bandwidth_of === null ? 0 : (bandwidth_share ?? 0)];
  const share = Math.max(peak, bandwidth);
  if (share === 0) return null;
  return {
    floor_ms: time_ms * share,
    limit: peak >= bandwidth || bandwidth_of === null ? "peak" : bandwidth_of,
    factor: 1 / share,
  };
}
