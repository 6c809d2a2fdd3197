/** The possible speed of a workload, from its stated work and from measurements on the device. */
import type { Workload } from "@kevo/proto/kernel.ts";
import type { Tried } from "./island-history.ts";

export interface Roofline {
  readonly workload: string;
  /** Null where the kernel does not say. */
  readonly flops: number | null;
  readonly bytes: number | null;
  /** Operations for each byte that must move. */
  readonly intensity: number | null;
  /** Milliseconds that the operations alone take at the device's measured peak; null while that is not known. */
  readonly floorMs: number | null;
  /** Fastest so far, milliseconds. */
  readonly bestMs: number | null;
}

/** @param tried of the island; its measurements say what share of the peak a time is. */
export function rooflineOf({ name, flops, bytes }: Workload, tried: readonly Tried[]): Roofline {
  let bestMs: number | null = null;
  let floorMs: number | null = null;
  for (const { result } of tried) {
    const measured = result.measurements.find(({ workload }) => workload === name);
    if (measured === undefined || measured.time_ms === null) continue;
    if (bestMs === null || measured.time_ms < bestMs) {
      bestMs = measured.time_ms;
      const share = measured.peak_share ?? null;
      floorMs = share === null || share === 0 ? floorMs : measured.time_ms * share;
    }
  }
  const intensity = flops === undefined || bytes === undefined ? null : flops / bytes;
  return { workload: name, flops: flops ?? null, bytes: bytes ?? null, intensity, floorMs, bestMs };
}

/** A recording does not say how much work a call is, and a kernel need not. */
export function isKnown({ flops = 0, bytes = 0 }: Workload): boolean {
  return flops > 1 || bytes > 1;
}
