/** Time limits of a candidate, milliseconds. They end a hanging one; a slow one stays far below them. */
import type { Job } from "../backend.ts";

/** Triton makes an ordinary kernel in about a second; the slowest that is worth having takes ten. */
export const COMPILE_LIMIT_MS = 45_000;

/** A workload's first candidate also waits for its reference and its baselines. */
const SILENCE_MS = 15_000;
const SILENCE_PER_WORKLOAD_MS = 5_000;

/** Longest silence of the measuring process. */
export function silenceLimit({ workloads, purpose }: Job): number {
  const limit = SILENCE_MS + workloads.length * SILENCE_PER_WORKLOAD_MS;
  return purpose === "finalist" ? 3 * limit : limit;
}
