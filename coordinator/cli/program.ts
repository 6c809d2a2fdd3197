/** The commands of `coordinator`. */
import { withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import { doctorCommand } from "../doctor/doctor-command.ts";
import { checkCommand } from "./check.ts";
import { dashboardCommand } from "./dashboard.ts";
import { evaluatorsCommand } from "./evaluators.ts";
import { exportCommand } from "./export.ts";
import { importCommand } from "./import.ts";
import { inviteCommand } from "./invite.ts";
import { lineageCommand } from "./lineage.ts";
import { recordCommand } from "./record.ts";
import { resumeCommand } from "./resume.ts";
import { runsCommand } from "./runs.ts";
import { startCommand } from "./start.ts";
import { statusCommand } from "./status.ts";
import { stopCommand } from "./stop.ts";
import { tuneCommand } from "./tune.ts";
import { watchCommand } from "./watch.ts";

export function coordinator(): Command {
  const program = withHelp(
    new Command("coordinator").description(
      "Evolves GPU kernels on real hardware: starts a run, follows it, and traces where a result came from.",
    ),
    {
      examples: [
        "coordinator start --kernel attention-cpu --islands 4 --evaluations 200",
        "coordinator lineage best",
        "coordinator doctor",
      ],
    },
  );
  for (const command of [
    startCommand(),
    tuneCommand(),
    resumeCommand(),
    stopCommand(),
    watchCommand(),
    statusCommand(),
    runsCommand(),
    checkCommand(),
    recordCommand(),
    importCommand(),
    evaluatorsCommand(),
    inviteCommand(),
    lineageCommand(),
    exportCommand(),
    dashboardCommand(),
    doctorCommand(),
  ]) {
    program.addCommand(command);
  }
  return program;
}
