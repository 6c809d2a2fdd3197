/** Runs a command line to its end, with the exit codes that all programs share. */
import type { FailureCode, FailureLine } from "@kevo/proto/failure.ts";
import { type Command, CommanderError } from "commander";
import { UserError } from "../errors/user-error.ts";
import { watchOutput } from "./stop-requests.ts";
import { undecodable } from "./undecodable.ts";

/** Levels of KEVO_LOG under which a stack trace is wanted. */
const DEVELOPERS: ReadonlySet<string> = new Set(["debug", "trace"]);

/**
 * Exits with 0 done, 2 wrong usage, else what the `UserError` says. What is nobody's mistake but ours is thrown.
 *
 * @param version what `--version` prints, alone on its line
 */
export async function runProgram(program: Command, version: string): Promise<void> {
  program.version(version, "--version", "print the version");
  throwInsteadOfExit(program);
  watchOutput();
  // Help needs no folder.
  program.hook("preAction", () => {
    const wrong = undecodable();
    if (wrong !== null) throw new UserError(wrong, 2);
  });
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version are no failures; commander has printed what was wrong with anything else.
      if (error.exitCode !== 0) {
        process.exitCode = 2;
        tellPrograms("wrong_usage", error.message);
      }
    } else if (error instanceof UserError) {
      console.error(`${program.name()}: ${error.message}`);
      tellPrograms(error.code, error.message, error.detail);
      // Handles that were opened before the mistake must not keep the process alive.
      process.exit(error.exitCode);
    } else {
      const { unreadable } = await import("./unreadable.ts");
      const message = unreadable(error);
      if (message === null) tellPrograms("failed", String(error));
      if (message === null || DEVELOPERS.has(process.env.KEVO_LOG ?? "")) throw error;
      console.error(`${program.name()}: ${message}`);
      tellPrograms("stored_data_unreadable", message);
      process.exit(1);
    }
  }
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
