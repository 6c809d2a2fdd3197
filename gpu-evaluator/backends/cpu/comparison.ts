/**
 * The times of libraries everyone knows, by the kernel's comparison script: it reads JSON
 * `{"cores": 2, "workloads": [{"name": "…", "shape": {…}}]}` on standard input and writes JSON
 * `{"NumPy": {"workload's name": milliseconds}}`. Optional: without Python or the library there is just no line.
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { homeFolder } from "@kevo/core/config/user-folders.ts";
import { runCommand } from "@kevo/core/process/command.ts";
import { bareEnvironment } from "@kevo/core/process/environment.ts";
import { systemPaths } from "@kevo/core/sandbox/sandbox.ts";
import type { Workload } from "@kevo/proto/kernel.ts";
import { z } from "zod";
import type { InstalledKernel } from "../backend.ts";
import { pythonPaths } from "../python-paths.ts";
import type { Toolchain } from "./toolchain.ts";

const COMPARISON_LIMIT_MS = 30_000;
const COMPARISON_BYTES = 64 * 1024 ** 3;
const COMPARISON_TASKS = 1024;
const DEVICES = ["/dev/null", "/dev/zero", "/dev/urandom"];
const answer = z.record(z.string().min(1).max(60), z.record(z.string(), z.number().positive()));
export type ComparisonTimes = z.infer<typeof answer>;

/** In the sandbox, as everything that came with a kernel: it reads Python's folders and the kernel's, and writes into `cwd` alone. */
export async function compareWithLibraries(
  kernel: InstalledKernel,
  workloads: readonly Workload[],
  { sandbox, cores }: Pick<Toolchain, "sandbox" | "cores">,
  cwd: string,
  signal: AbortSignal,
): Promise<ComparisonTimes> {
  const { comparison } = kernel.definition;
  if (comparison === null) return {};
  const input = JSON.stringify({ cores, workloads: workloads.map(({ name, shape }) => ({ name, shape })) });
  try {
    await mkdir(cwd, { recursive: true });
    const home = homeFolder();
    // Packages that the user installed for himself are found, and nothing else of his.
    const packages = home === null ? {} : { PYTHONUSERBASE: join(home, ".local") };
    const libraries = await pythonPaths("python3", bareEnvironment(packages), COMPARISON_LIMIT_MS);
    const command = sandbox.wrap(["python3", join(kernel.folder, comparison)], {
      read: [...systemPaths("python3"), ...libraries, kernel.folder],
      write: [cwd, ...(sandbox.active.namespaces ? [] : DEVICES.filter((path) => existsSync(path)))],
      toolCalls: true,
      memoryBytes: COMPARISON_BYTES,
      tasks: COMPARISON_TASKS,
    });
    const env = bareEnvironment({ ...packages, HOME: cwd, TMPDIR: cwd, OMP_NUM_THREADS: String(cores) });
    const options = { cwd, timeoutMs: COMPARISON_LIMIT_MS, signal, env, input };
    const { stdout } = await runCommand(command, options);
    const parsed = answer.safeParse(JSON.parse(stdout));
    return parsed.success ? parsed.data : {};
  } catch {
    signal.throwIfAborted();
    return {};
  }
}
