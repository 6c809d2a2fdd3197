/** `coordinator runs`: every run of the database, latest first. */
import { withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import { type ReadOptions, withReadOptions } from "./read-options.ts";

export function runsCommand(): Command {
  const command = withReadOptions(
    new Command("runs").description("List the runs, latest first: status, kernel, evaluations, best, elapsed time."),
  ).action(async (options: ReadOptions) => {
    const { listRuns } = await import("./actions/runs.ts");
    listRuns(options);
  });
  return withHelp(command, {
    json: "an array with one object per run is written",
    examples: ["coordinator runs --json"],
  });
}
