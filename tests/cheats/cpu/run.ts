/** One cheat on the CPU backend, as the daemon would measure it. */
import { fileURLToPath } from "node:url";
import { loadKernel } from "@kevo/core/kernel/load.ts";
import {
  type Backend,
  type Failure,
  type InstalledKernel,
  isFailure,
  type Job,
  type Measured,
} from "@kevo/gpu-evaluator/backends/backend.ts";

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
  const { signal } = new AbortController();
  const job: Job = {
    ...{ candidate: "cheats/0/0/0", kernel, workloads: kernel.definition.workloads, inputSeed: 1 },
    ...{ config: { ...kernel.definition.default, ...config }, bestSpeedup: null, neverStopEarly: true },
    effort: "quick",
    purpose: "search",
    ...(evolvedSource !== undefined && { evolvedSource }),
  };
  const compiled = await backend.compile(job, signal);
  if (isFailure(compiled)) return compiled;
  try {
    return await backend.measure(compiled, job, backend.devices[0] as Backend["devices"][0], () => {}, signal);
  } finally {
    await compiled.dispose();
  }
}
