/** The C or C++ compiler in its sandbox, and its complaints as people read them. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { Language } from "@kevo/core/kernel/names.ts";
import { type CommandResult, runCommand } from "@kevo/core/process/command.ts";
import { describeEnd } from "@kevo/core/process/ended.ts";
import { bareEnvironment } from "@kevo/core/process/environment.ts";
import { firstLines, NATIVE, type Toolchain } from "./toolchain.ts";

/** Longest compile, milliseconds. */
export const COMPILE_LIMIT_MS = 30_000;
/** Memory of one compiler, and of any file that it writes: a source can make both grow without end. */
const COMPILER_MEMORY = 4 * 1024 ** 3;
const COMPILER_FILE = 256 * 1024 ** 2;
/** The driver starts one program at a time. */
const COMPILER_TASKS = 64;

/**
 * It reads what it needs and `read`, and writes into `cwd` alone.
 * @throws UserError where this host has no compiler for the language.
 */
export function runCompiler(
  { sandbox, compiler, cppCompiler, readable }: Toolchain,
  language: Language,
  args: readonly string[],
  { cwd, signal, read }: { cwd: string; signal?: AbortSignal | undefined; read: readonly string[] },
) {
  const program = language === "C" ? compiler : cppCompiler.command;
  if (program === null) throw new UserError(cppCompiler.missing);
  const command = sandbox.wrap([...program, ...args], {
    read: [...readable, ...read],
    write: [cwd],
    toolCalls: true,
    memoryBytes: COMPILER_MEMORY,
    fileBytes: COMPILER_FILE,
    tasks: COMPILER_TASKS,
  });
  const env = bareEnvironment({ TMPDIR: cwd, LC_ALL: "C" });
  return runCommand(command, { timeoutMs: COMPILE_LIMIT_MS, env, cwd, signal });
}

/** The standard that a source is compiled by. */
export const standardOf = (language: Language) => (language === "C" ? "-std=gnu17" : "-std=gnu++17");

/** The compiler's complaints without this host's paths. */
export function errorsOf(result: CommandResult, folder: string): string {
  const text = result.stderr.replaceAll(`${folder}/`, "").replaceAll(NATIVE, "");
  const errors = text.split("\n").filter((line) => /error|undefined reference|multiple definition/i.test(line));
  return (
    firstLines(errors.length > 0 ? errors.join("\n") : text, 6) ||
    `the compiler ${describeEnd(result)} without a message`
  );
}
