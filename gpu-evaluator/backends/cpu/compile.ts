/** Compiles one configuration of a kernel into an executable of its own. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "@kevo/proto/search-space.ts";
import type { Failure, InstalledKernel } from "../backend.ts";
import { parameterArguments } from "./arguments.ts";
import { runCommand } from "./command.ts";
import { firstLines, NATIVE, type Toolchain } from "./toolchain.ts";

/** Longest compile, milliseconds. */
export const COMPILE_LIMIT_MS = 30_000;
/** Memory of one compiler, KiB: a source can make it grow without end. */
const COMPILER_MEMORY_KIB = 4 * 1024 * 1024;

/** Like `runCommand` on the compiler, its memory limited. */
export function runCompiler(
  toolchain: Toolchain,
  args: readonly string[],
  options: { cwd: string; signal?: AbortSignal | undefined; timeoutMs?: number },
) {
  const script = `ulimit -v ${COMPILER_MEMORY_KIB}; exec "$@"`;
  return runCommand("/bin/sh", ["-c", script, "sh", ...toolchain.compiler, ...args], {
    timeoutMs: COMPILE_LIMIT_MS,
    env: { TMPDIR: options.cwd, LC_ALL: "C" },
    ...options,
  });
}

/** Writes `candidate` into `folder`, which it creates. @returns its path, or the candidate's failure. */
export async function compileCandidate(
  toolchain: Toolchain,
  kernel: InstalledKernel,
  config: Config,
  folder: string,
  signal?: AbortSignal,
): Promise<string | Failure> {
  const { definition } = kernel;
  let parameters: string[];
  try {
    parameters = parameterArguments(definition, config);
  } catch (error) {
    if (error instanceof RangeError) return { outcome: "invalid", message: error.message };
    throw error;
  }
  await mkdir(folder, { recursive: true });
  const executable = join(folder, "candidate");
  const source = join(kernel.folder, definition.source as string);
  const args = ["-std=gnu17", "-pipe", "-w", "-O3", ...toolchain.native, ...parameters, "-pthread"];
  const result = await runCompiler(
    toolchain,
    [...args, "-I", NATIVE, "-I", kernel.folder, source, ...toolchain.harness, "-lm", "-o", executable],
    { cwd: folder, signal },
  );
  if (result.timedOut)
    return { outcome: "timeout", message: `compiling took longer than ${COMPILE_LIMIT_MS / 1000} s` };
  if (result.code !== 0) return { outcome: "compile_error", message: errorsOf(result.stderr, kernel.folder) };
  return executable;
}

/** The compiler's complaints without this host's paths. */
export function errorsOf(stderr: string, folder: string): string {
  const text = stderr.replaceAll(`${folder}/`, "").replaceAll(NATIVE, "");
  const errors = text.split("\n").filter((line) => /error|undefined reference/i.test(line));
  return firstLines(errors.length > 0 ? errors.join("\n") : text, 6) || "the compiler failed without a word";
}
