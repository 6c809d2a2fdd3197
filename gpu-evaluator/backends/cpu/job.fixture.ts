/** A kernel from a folder and a job on it, for tests. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { kernelDefinition } from "@kevo/proto/kernel.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import {
  type Backend,
  type Device,
  type Failure,
  type InstalledKernel,
  isFailure,
  type Job,
  type Measured,
} from "../backend.ts";

export async function kernelIn(folder: string): Promise<InstalledKernel> {
  const text = await readFile(join(folder, "kernel.json"), "utf8");
  const hash = createHash("sha256").update(folder).update(text).digest("hex");
  return { hash, folder, definition: kernelDefinition.parse(JSON.parse(text)) };
}

/** The default with `config` over it, on all workloads. */
export function jobFor(kernel: InstalledKernel, config: Config, over: Partial<Job> = {}): Job {
  return {
    candidate: "test/0/0/0",
    kernel,
    config: { ...kernel.definition.default, ...config },
    workloads: kernel.definition.workloads,
    effort: "quick",
    purpose: "search",
    inputSeed: 1,
    bestSpeedup: null,
    neverStopEarly: false,
    ...over,
  };
}

/** Compiles and measures it, and leaves nothing behind. */
export async function evaluateJob(
  backend: Backend,
  job: Job,
  signal: AbortSignal = new AbortController().signal,
): Promise<Measured | Failure> {
  const artifact = await backend.compile(job, signal);
  if (isFailure(artifact)) return artifact;
  try {
    return await backend.measure(artifact, job, backend.devices[0] as Device, () => {}, signal);
  } finally {
    await artifact.dispose();
  }
}
