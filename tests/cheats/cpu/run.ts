/** One cheat on the CPU backend, as the daemon would measure it. */
import { fileURLToPath } from "node:url";
import { loadKernel } from "@kevo/core/kernel/load.ts";
import type { Backend, Failure, InstalledKernel, Measured } from "@kevo/gpu-evaluator/backends/backend.ts";
import { evaluateJob, jobFor } from "@kevo/gpu-evaluator/backends/cpu/job.fixture.ts";

/** Folder of the kernel that pretends in every way. */
export const CHEATS_FOLDER = fileURLToPath(new URL("./kernel", import.meta.url));

export async function kernelIn(folder: string): Promise<InstalledKernel> {
  const { definition, hash } = await loadKernel(folder, folder);
  return { hash, folder, definition };
}

/** @param evolvedSource path of a source that takes the kernel's place */
export async function evaluate(
  backend: Backend,
  kernel: InstalledKernel,
  config: Record<string, string>,
  evolvedSource?: string,
): Promise<Measured | Failure> {
  return evaluateJob(
    backend,
    jobFor(kernel, config, {
      candidate: "cheats/0/0/0",
      neverStopEarly: true,
      ...(evolvedSource !== undefined && { evolvedSource }),
    }),
  );
}
