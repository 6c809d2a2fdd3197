/**
 * The PyTorch module of an implementation against the reference of the kernel that it builds upon, in a sandbox
 * without network or keys. Where torch is not installed, or this host cannot contain it, it is not run and that is said.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readEnvironment } from "@kevo/core/config/environment.ts";
import { toleranceOf } from "@kevo/core/kernel/arguments.ts";
import { CommandFailed, outputOf } from "@kevo/core/process/command.ts";
import { bareEnvironment, environmentWithoutKeys } from "@kevo/core/process/environment.ts";
import { systemPaths } from "@kevo/core/sandbox/paths.ts";
import { prepareSandbox } from "@kevo/core/sandbox/sandbox.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import { z } from "zod";
import type { Check } from "../findings/findings.ts";

const CHECKER = fileURLToPath(new URL("./check_module.py", import.meta.url));
const NATIVE = fileURLToPath(new URL("backends/cpu/native/", import.meta.resolve("@kevo/gpu-evaluator/package.json")));
const LIMIT_MS = 120_000;
const MEMORY_BYTES = 64 * 1024 ** 3;
const SEED = "20260101";

const PROBE =
  "import json, os, sys, torch; print(json.dumps([sys.executable, sys.prefix, sys.base_prefix, os.path.dirname(os.path.dirname(torch.__file__))]))";

const limits = <T>(options: T) => ({ ...options, timeoutMs: LIMIT_MS });

/** @param folder of the kernel, with `module.py` and the reference. */
export async function checkModule(folder: string, definition: KernelDefinition, signal: AbortSignal): Promise<Check> {
  if (!definition.backends.includes("cpu")) {
    return {
      status: "skipped",
      message: "only modules of C kernels are compared; for this one only the kernel was checked",
    };
  }
  const python = readEnvironment().KEVO_PYTHON ?? "python3";
  const found = await outputOf([python, "-c", PROBE], limits({ env: environmentWithoutKeys(), signal })).catch(
    () => null,
  );
  signal.throwIfAborted();
  if (found === null)
    return {
      status: "skipped",
      message: `torch is not installed for ${python === "python3" ? python : "KEVO_PYTHON"}`,
    };
  const [executable, ...places] = z.array(z.string()).min(2).parse(JSON.parse(found));
  const scratch = await mkdtemp(join(tmpdir(), "kevo-module-"));
  try {
    const compiler = (process.env.CC?.trim() || "cc").split(/\s+/);
    const sandbox = await prepareSandbox(join(scratch, "sandbox"), { compiler });
    if (!sandbox.contains) {
      return { status: "skipped", message: "this host cannot contain untrusted code" };
    }
    const [workload] = [...definition.workloads].sort((a, b) => (a.flops ?? 0) - (b.flops ?? 0));
    const sizes = Object.entries(workload?.shape ?? {}).map(([name, value]) => `${name}=${value}`);
    const data = await referenceData(compiler, folder, definition, sizes, scratch, signal);
    const command = [executable as string, "-I", CHECKER, join(folder, "module.py"), data, ...sizes];
    const contained = sandbox.wrap(command, {
      read: [...systemPaths(executable as string), ...places, CHECKER, folder, scratch],
      write: [join(scratch, "sandbox")],
      memoryBytes: MEMORY_BYTES,
    });
    const env = { PATH: process.env.PATH ?? "", HOME: join(scratch, "sandbox"), LC_ALL: "C", OMP_NUM_THREADS: "1" };
    const done = await outputOf(contained, limits({ env, signal, cwd: scratch })).then(
      (output) => ({ error: Number(output.trim().split("\n").at(-1)), message: "" }),
      (error: Error) => ({
        error: Number.NaN,
        message: ((error instanceof CommandFailed && error.stderr.trim()) || error.message)
          .split("\n")
          .slice(-3)
          .join(" ")
          .slice(0, 600),
      }),
    );
    signal.throwIfAborted();
    const limit = toleranceOf(definition);
    if (done.error <= limit)
      return { status: "ok", message: `relative error ${done.error.toExponential(1)} on ${workload?.name}` };
    const how = Number.isNaN(done.error)
      ? done.message
      : `its relative error is ${done.error.toExponential(1)}, more than ${limit}`;
    return { status: "failed", message: `the PyTorch module: ${how.replaceAll(folder, "").replaceAll(scratch, "")}` };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Inputs and their right answer, by the trusted reference. */
async function referenceData(
  compiler: readonly string[],
  folder: string,
  definition: KernelDefinition,
  sizes: readonly string[],
  scratch: string,
  signal: AbortSignal,
): Promise<string> {
  const [file, ...fixed] = compiler as [string, ...string[]];
  const program = join(scratch, "reference");
  const sources = [
    join(folder, definition.reference as string),
    ...["reference-main.c", "reference-entry-floats.c"].map((name) => join(NATIVE, name)),
  ];
  const flags = ["-std=gnu17", "-O2", "-w", "-I", NATIVE, "-I", folder];
  const how = limits({ env: bareEnvironment({ TMPDIR: scratch, LC_ALL: "C" }), signal });
  await outputOf([file, ...fixed, ...flags, ...sources, "-lm", "-o", program], how);
  const data = join(scratch, "data");
  await outputOf([program, data, SEED, ...sizes], how);
  return data;
}
