/** Compiles one configuration of a kernel into an executable. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type CommandResult, runCommand } from "@kevo/core/process/command.ts";
import { describeEnd } from "@kevo/core/process/ended.ts";
import { bareEnvironment } from "@kevo/core/process/environment.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { isLinkable } from "../../gate/c-names.ts";
import type { Failure, InstalledKernel } from "../backend.ts";
import { parameterArguments } from "./arguments.ts";
import { firstLines, NATIVE, type Toolchain } from "./toolchain.ts";

/** Longest compile, milliseconds. */
const COMPILE_LIMIT_MS = 30_000;
/** Memory of one compiler, and of any file that it writes: a source can make both grow without end. */
const COMPILER_MEMORY = 4 * 1024 ** 3;
const COMPILER_FILE = 256 * 1024 ** 2;
/** The driver starts one program at a time. */
const COMPILER_TASKS = 64;

/** The compiler in its sandbox: it reads what it needs and the kernel's folder, and writes into `cwd` alone. */
export function runCompiler(
  { sandbox, compiler, readable }: Toolchain,
  args: readonly string[],
  { cwd, signal, kernel }: { cwd: string; signal?: AbortSignal | undefined; kernel: string },
) {
  const command = sandbox.wrap([...compiler, ...args], {
    read: [...readable, kernel],
    write: [cwd],
    toolCalls: true,
    memoryBytes: COMPILER_MEMORY,
    fileBytes: COMPILER_FILE,
    tasks: COMPILER_TASKS,
  });
  const env = bareEnvironment({ TMPDIR: cwd, LC_ALL: "C" });
  return runCommand(command, { timeoutMs: COMPILE_LIMIT_MS, env, cwd, signal });
}

/**
 * Writes `candidate` into `folder`, which it creates.
 * @param evolved path of a source that takes the place of the kernel's own, in a copy of its folder.
 * @returns its path, or the candidate's failure.
 */
export async function compileCandidate(
  toolchain: Toolchain,
  kernel: InstalledKernel,
  config: Config,
  folder: string,
  { signal, evolved }: { signal?: AbortSignal | undefined; evolved?: string | undefined } = {},
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
  const source = evolved ?? join(kernel.folder, definition.source as string);
  // A copy of the kernel's folder, where its source has evolved.
  const files = evolved === undefined ? kernel.folder : evolved.slice(0, -(definition.source as string).length - 1);
  const run = (args: readonly string[]) => runCompiler(toolchain, args, { cwd: folder, signal, kernel: files });
  const compile = ["-std=gnu17", "-pipe", "-w", "-O3", ...toolchain.native, ...parameters, "-pthread"];
  const include = ["-I", NATIVE, "-I", files];
  const link = [...toolchain.harness, ...toolchain.linkage, "-lm", "-o", executable];
  if (evolved === undefined) {
    const whole = await run([...compile, ...include, source, ...link]);
    return failureIn(whole, files) ?? executable;
  }
  const object = join(folder, "candidate.o");
  const compiled = await run([...compile, "-fno-lto", ...include, "-c", source, "-o", object]);
  const failure = failureIn(compiled, files) ?? (await wrongSymbols(toolchain, object, folder, signal));
  if (failure !== null) return failure;
  const linked = await run(["-pthread", object, ...link]);
  return failureIn(linked, files) ?? executable;
}

function failureIn(result: CommandResult, folder: string): Failure | null {
  if (result.timedOut)
    return { outcome: "timeout", message: `compiling took longer than ${COMPILE_LIMIT_MS / 1000} s` };
  return result.code === 0 ? null : { outcome: "compile_error", message: errorsOf(result, folder) };
}

/** The outside symbols of a source are those of its object code, whatever the text looks like. */
async function wrongSymbols(
  { sandbox, readable }: Toolchain,
  object: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Failure | null> {
  const command = sandbox.wrap(["nm", "-u", "-P", object], {
    read: readable,
    write: [folder],
    toolCalls: true,
  });
  const options = { cwd: folder, env: bareEnvironment(), timeoutMs: COMPILE_LIMIT_MS, signal };
  const listed = await runCommand(command, options);
  if (listed.code !== 0)
    throw new Error(`nm cannot read the object code of a candidate: ${firstLines(listed.stderr, 2)}`);
  const names = listed.stdout.split("\n").flatMap((line) => line.split(" ")[0] || []);
  const wrong = names.filter((name) => !isLinkable(name));
  if (wrong.length === 0) return null;
  return { outcome: "invalid", message: `not allowed: the object code calls ${wrong.slice(0, 5).join(", ")}` };
}

/** The compiler's complaints without this host's paths. */
export function errorsOf(result: CommandResult, folder: string): string {
  const text = result.stderr.replaceAll(`${folder}/`, "").replaceAll(NATIVE, "");
  const errors = text.split("\n").filter((line) => /error|undefined reference/i.test(line));
  return (
    firstLines(errors.length > 0 ? errors.join("\n") : text, 6) ||
    `the compiler ${describeEnd(result)} without a message`
  );
}
