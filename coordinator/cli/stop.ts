/** `coordinator stop`: asks the coordinator of a run to wait for the outstanding candidates and name the winner. */
import { withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import { DEFAULT_DATABASE } from "../lineage/default-database.ts";
import { RUN } from "./read-options.ts";

export function stopCommand(): Command {
  const command = new Command("stop")
    .description("Ask a run to finish its outstanding candidates, re-measure its finalists and end. You can resume it.")
    .argument("[run]", RUN)
    .option("--db <file>", "lineage database", DEFAULT_DATABASE)
    .option("--join <file>", "an operator's invitation, to stop a run on another machine; requires the run's id")
    .action(async (run: string | undefined, given: { db: string; join?: string }) => {
      const { stopRun } = await import("./actions/stop.ts");
      await stopRun(run, given);
    });
  return withHelp(command, { examples: ["coordinator stop", "coordinator stop 20261122-attention-cpu-1f3a"] });
}
