/** Runs a command line to its end, with the exit codes that all programs share. */
import { type Command, CommanderError } from "commander";
import { UserError } from "../errors/user-error.ts";

/** 0 done, 2 wrong usage, else what the `UserError` says. What is nobody's mistake but ours is thrown. */
export async function runProgram(program: Command): Promise<void> {
  throwInsteadOfExit(program);
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version are no failures; commander has printed what was wrong with anything else.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
    } else if (error instanceof UserError) {
      console.error(`${program.name()}: ${error.message}`);
      // What was opened before the mistake showed must not keep the process.
      process.exit(error.exitCode);
    } else if (isOfDatabase(error)) {
      console.error(
        `${program.name()}: the database cannot be used (${error.code}): ${error.message}. Restore a copy of it, or name another file with --db.`,
      );
      process.exit(1);
    } else {
      throw error;
    }
  }
}

/** A damaged or unwritable file, met in the middle of work. */
function isOfDatabase(error: unknown): error is Error & { code: string } {
  return (
    error instanceof Error &&
    "code" in error &&
    /^SQLITE_(CORRUPT|NOTADB|READONLY|IOERR|CANTOPEN|FULL)/.test(String(error.code))
  );
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwInsteadOfExit(child);
}
