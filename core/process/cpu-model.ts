/** The name of this machine's processor as a device model: results of one are not those of another. */
import { availableParallelism, cpus } from "node:os";

export function cpuModel(cores: number = availableParallelism()): string {
  return `${cpus()[0]?.model.trim() || process.arch}, ${cores} cores`;
}
