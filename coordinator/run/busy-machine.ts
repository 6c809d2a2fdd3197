/** Whether this machine does much else than the run. */

import { availableParallelism, loadavg } from "node:os";
import { counted } from "@kevo/core/text/plural.ts";

/** A run keeps each core busy with about one process: compiling, timing and proposing alternate. */
const BUSY_FACTOR = 2;

/** A sentence for people; null on a quiet machine, and where the system does not say. */
export function busyMachine(load: number = loadavg()[0] ?? 0, cores: number = availableParallelism()): string | null {
  if (load <= BUSY_FACTOR * cores) return null;
  return `load ${load.toFixed(1)} on ${counted(cores, "core")}, times are noisy`;
}
