/** Runs a command line to its end, with the exit codes that all programs share. */
import type { FailureCode, FailureLine } from "@kevo/proto/failure.ts";
import { type Command, CommanderError } from "commander";
import { asUserError } from "../errors/system-error.ts";
import { UserError } from "../errors/user-error.ts";
import { watchOutput } from "./stop-requests.ts";
import { undecodable } from "./undecodable.ts";

/** Levels of KEVO_LOG under which a stack trace is wanted. */
const DEVELOPERS: ReadonlySet<string> = new Set(["debug", "trace"]);

/**
 * Exits with 0 done, 2 wrong usage, else what the `UserError` says. Only what is nobody's mistake but ours is shown with
 * its stack trace.
 *
 * @param version printed by `--version`, alone on its line
 */
export async function runProgram(program: Command, version: string): Promise<void> {
  program.version(version, "--version", "print the version");
  throwInsteadOfExit(program);
  watchOutput();
  // A failure that no code awaits, such as a write to a full disk, is reported like every other one.
  process.on("uncaughtException", (error) => void exitWith(program, error));
  // Help needs no folder.
  program.hook("preAction", () => {
    const wrong = undecodable();
    if (wrong !== null) throw new UserError(wrong, 2);
  });
  try {
    await program.parseAsync();
  } catch (error) {
    await exitWith(program, error);
  }
}

let isEnding = false;

/** Reports a failure in one sentence, with a remedy where there is one, and ends. */
async function exitWith(program: Command, error: unknown): Promise<void> {
  // Help and version are no failures; commander has printed what was wrong with anything else.
  if (error instanceof CommanderError && error.exitCode === 0) return;
  // A failure of the report itself, such as a closed output, changes nothing.
  if (isEnding) return;
  isEnding = true;
  if (error instanceof CommanderError) {
    process.exitCode = 2;
    tellPrograms("wrong_usage", error.message);
    return;
  }
  const told = asUserError(error) ?? (await unreadableData(error));
  const isForDevelopers = !(error instanceof UserError) && DEVELOPERS.has(process.env.KEVO_LOG ?? "");
  console.error(told === null || isForDevelopers ? error : `${program.name()}: ${told.message}`);
  tellPrograms(told?.code ?? "failed", told?.message ?? String(error), told?.detail);
  // Handles that were opened before the mistake must not keep the process alive.
  process.exit(told?.exitCode ?? 1);
}

async function unreadableData(error: unknown): Promise<UserError | null> {
  const { unreadable } = await import("./unreadable.ts");
  const message = unreadable(error);
  return message === null ? null : new UserError(message, 1, { code: "stored_data_unreadable" });
}

/** With `--json` the failure is the last line on standard output. */
function tellPrograms(code: FailureCode, message: string, detail?: string): void {
  if (!process.argv.includes("--json")) return;
  const line: FailureLine = { error: { code, message, ...(detail !== undefined && { detail }) } };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwInsteadOfExit(child);
}
