/**
 * The times of libraries everyone knows, by the kernel's comparison script: it reads JSON
 * `{"cores": 2, "workloads": [{"name": "…", "shape": {…}}]}` on standard input and writes JSON
 * `{"NumPy": {"workload's name": milliseconds}}`. Optional: without Python or the library there is just no line.
 */
import { join } from "node:path";
import { runCommand } from "@kevo/core/process/command.ts";
import { bareEnvironment } from "@kevo/core/process/environment.ts";
import type { Workload } from "@kevo/proto/kernel.ts";
import { z } from "zod";
import type { InstalledKernel } from "../backend.ts";

const COMPARISON_LIMIT_MS = 30_000;
const answer = z.record(z.string().min(1).max(60), z.record(z.string(), z.number().positive()));
export type ComparisonTimes = z.infer<typeof answer>;

export async function compareWithLibraries(
  kernel: InstalledKernel,
  workloads: readonly Workload[],
  cores: number,
  cwd: string,
  signal: AbortSignal,
): Promise<ComparisonTimes> {
  const { comparison } = kernel.definition;
  if (comparison === null) return {};
  const input = JSON.stringify({ cores, workloads: workloads.map(({ name, shape }) => ({ name, shape })) });
  const env = bareEnvironment({ HOME: process.env.HOME ?? cwd, OMP_NUM_THREADS: String(cores) });
  try {
    const script = join(kernel.folder, comparison);
    const options = { cwd, timeoutMs: COMPARISON_LIMIT_MS, signal, env, input };
    const { stdout } = await runCommand(["python3", script], options);
    const parsed = answer.safeParse(JSON.parse(stdout));
    return parsed.success ? parsed.data : {};
  } catch {
    signal.throwIfAborted();
    return {};
  }
}
