/** Compiles one configuration of a kernel into an executable. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { languageOf } from "@kevo/core/kernel/names.ts";
import { type CommandResult, runCommand } from "@kevo/core/process/command.ts";
import { bareEnvironment } from "@kevo/core/process/environment.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { isLinkable } from "../../gate/c-names.ts";
import type { Failure, InstalledKernel } from "../backend.ts";
import { parameterArguments } from "../parameter-arguments.ts";
import type { Entry } from "./kernel-entry.ts";
import { COMPILE_LIMIT_MS, errorsOf, runCompiler, standardOf } from "./run-compiler.ts";
import { firstLines, NATIVE, type Toolchain } from "./toolchain.ts";

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
  entry: Entry,
  { signal, evolved }: { signal?: AbortSignal | undefined; evolved?: string | undefined } = {},
): Promise<string | Failure> {
  const { definition } = kernel;
  const language = languageOf(definition.source as string) ?? "C";
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
  const read = [files, ...entry.readable];
  const run = (args: readonly string[]) => runCompiler(toolchain, language, args, { cwd: folder, signal, read });
  const compile = [standardOf(language), "-pipe", "-w", "-O3", ...toolchain.native, ...parameters, "-pthread"];
  const include = ["-I", NATIVE, "-I", files, ...entry.flags];
  const link = [entry.kernel, ...toolchain.harness, ...toolchain.linkage, "-lm", "-o", executable];
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
