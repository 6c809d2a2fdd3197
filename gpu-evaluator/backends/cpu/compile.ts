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
/** Memory of one compiler, and of any file that it writes: a source can make both grow without end. */
const COMPILER_MEMORY = 4 * 1024 ** 3;
const COMPILER_FILE = 256 * 1024 ** 2;

/** The compiler in its sandbox: it reads what it needs and the kernel's folder, and writes into `cwd` alone. */
export function runCompiler(
  { sandbox, compiler, readable }: Toolchain,
  args: readonly string[],
  { cwd, signal, kernel }: { cwd: string; signal?: AbortSignal | undefined; kernel: string },
) {
  const [file, ...words] = sandbox.wrap([...compiler, ...args], {
    read: [...readable, kernel],
    write: [cwd],
    toolCalls: true,
    memoryBytes: COMPILER_MEMORY,
    fileBytes: COMPILER_FILE,
  });
  const env = { TMPDIR: cwd, LC_ALL: "C" };
  return runCommand(file as string, words, { timeoutMs: COMPILE_LIMIT_MS, env, cwd, signal });
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
    [
      ...args,
      "-I",
      NATIVE,
      "-I",
      kernel.folder,
      source,
      ...toolchain.harness,
      ...toolchain.linkage,
      "-lm",
      "-o",
      executable,
    ],
    { cwd: folder, signal, kernel: kernel.folder },
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
