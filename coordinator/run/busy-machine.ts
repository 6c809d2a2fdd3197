/** Whether this machine does much else than the run. */

import { availableParallelism, loadavg } from "node:os";
import { counted } from "@kevo/core/text/plural.ts";
import type { BackendName } from "@kevo/proto/backend-name.ts";

/** A run keeps each core busy with about one process: compiling, timing and proposing alternate. */
const BUSY_FACTOR = 2;

/** Recorded times, and values of a Python function, are as they are however busy this machine is. */
const TIMED = new Set<string>(["cpu", "triton", "cuda", "helion"] satisfies BackendName[]);

/** A sentence for people; null on a quiet machine, where nothing is timed, and where the system does not say. */
export function busyMachine(
  backend: string,
  load: number = loadavg()[0] ?? 0,
  cores: number = availableParallelism(),
): string | null {
  if (!TIMED.has(backend)) return null;
  if (load <= BUSY_FACTOR * cores) return null;
  return `load ${load.toFixed(1)} on ${counted(cores, "core")}, times are noisy`;
}
