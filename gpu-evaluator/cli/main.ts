/** The command `gpu-evaluator`. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { Command, CommanderError } from "commander";
import { startCommand } from "./start-command.ts";

const program = new Command("gpu-evaluator")
  .description("Compiles, verifies and times candidates on the devices of this host, for a coordinator over gRPC.")
  .exitOverride()
  .addCommand(startCommand().exitOverride());

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version are no failures; commander has printed what was wrong with anything else.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (error instanceof UserError) {
    console.error(`gpu-evaluator: ${error.message}`);
    // What was opened before the mistake showed must not keep the process.
    process.exit(error.exitCode);
  } else {
    throw error;
  }
}
