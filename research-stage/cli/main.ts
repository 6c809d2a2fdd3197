/** The command `research-stage`. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { Command, CommanderError } from "commander";
import { optimisePromptsCommand } from "./optimise-prompts.ts";
import { resumeCommand } from "./resume.ts";
import { runCommand } from "./run.ts";

const program = new Command("research-stage").description(
  "Reads the literature, finds what nobody has done, writes it as a kernel, and lets the cluster evolve it.",
);
for (const command of [runCommand("run"), runCommand("discover"), resumeCommand(), optimisePromptsCommand()]) {
  program.addCommand(command);
  command.exitOverride();
}
program.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version are no failures; commander has printed what was wrong with anything else.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (error instanceof UserError) {
    console.error(`research-stage: ${error.message}`);
    process.exitCode = error.exitCode;
  } else {
    throw error;
  }
}
