/** The command `coordinator`. */
import { runProgram } from "@kevo/core/program/run-program.ts";
import { Command } from "commander";
import { doctorCommand } from "../doctor/doctor-command.ts";
import packageJson from "../package.json" with { type: "json" };
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

await runProgram(program, packageJson.version);
