/** The command `coordinator`. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { Command, CommanderError } from "commander";
import { doctorCommand } from "../doctor/doctor-command.ts";
import { evaluatorsCommand } from "./evaluators.ts";
import { exportCommand } from "./export.ts";
import { lineageCommand } from "./lineage.ts";
import { recordCommand } from "./record.ts";
import { resumeCommand } from "./resume.ts";
import { runsCommand } from "./runs.ts";
import { startCommand } from "./start.ts";
import { stopCommand } from "./stop.ts";
import { watchCommand } from "./watch.ts";

const program = new Command("coordinator")
  .description("Evolves GPU kernels on real hardware: starts a run, follows it, and answers where a result came from.")
  .addHelpText(
    "after",
    `
Examples:
  coordinator start --kernel attention-cpu --islands 4 --evaluations 200
  coordinator lineage best
  coordinator doctor`,
  );

for (const command of [
  startCommand(),
  resumeCommand(),
  stopCommand(),
  watchCommand(),
  runsCommand(),
  recordCommand(),
  evaluatorsCommand(),
  lineageCommand(),
  exportCommand(),
  doctorCommand(),
]) {
  program.addCommand(command);
}
exitOverrideAll(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version are no failures; commander has printed what was wrong with anything else.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (error instanceof UserError) {
    console.error(`coordinator: ${error.message}`);
    process.exitCode = error.exitCode;
  } else {
    throw error;
  }
}

function exitOverrideAll(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) exitOverrideAll(child);
}
