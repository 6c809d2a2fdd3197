/** One cheat on the CPU backend, as the daemon would measure it. */
import { fileURLToPath } from "node:url";
import type { Backend, InstalledKernel } from "@kevo/gpu-evaluator/backends/backend.ts";
import { evaluateJob, jobFor } from "@kevo/gpu-evaluator/backends/cpu/job.fixture.ts";

/** Folder of the kernel that pretends in every way. */
export const CHEATS_FOLDER = fileURLToPath(new URL("./kernel", import.meta.url));

/** @param evolvedSource path of a source that takes the kernel's place */
export function evaluate(
  backend: Backend,
  kernel: InstalledKernel,
  config: Record<string, string>,
  evolvedSource?: string,
) {
  return evaluateJob(
    backend,
    jobFor(kernel, config, { neverStopEarly: true, ...(evolvedSource !== undefined && { evolvedSource }) }),
  );
}
