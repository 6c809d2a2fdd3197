/** The command `island-worker`. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { Command, CommanderError } from "commander";
import { startCommand } from "./start-command.ts";

const program = new Command("island-worker")
  .description("Holds islands of a run: folds their logs and asks them for candidates.")
  .exitOverride()
  .addCommand(startCommand().exitOverride());

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version are no failures; commander has printed what was wrong with anything else.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (error instanceof UserError) {
    console.error(`island-worker: ${error.message}`);
    process.exitCode = error.exitCode;
  } else {
    throw error;
  }
}
