/** `coordinator status`: how a run stands now, and what an autoscaler needs to know of its evaluators. */
import { withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import { type ReadOptions, RUN, withReadOptions } from "./read-options.ts";

type StatusOptions = ReadOptions & { readonly join?: string };

export function statusCommand(): Command {
  const command = withReadOptions(
    new Command("status").description("Say how a run stands now: its phase, its evaluators, and what waits for them."),
  )
    .argument("[run]", RUN)
    .option("--join <file>", "an operator's invitation, for a run on another machine; requires the run's id")
    .action(async (run: string | undefined, options: StatusOptions) => {
      const { showStatus } = await import("./actions/status.ts");
      await showStatus(run, options);
    });
  return withHelp(command, {
    json: "one object with the run's phase and, while it runs, the figures of its fleet (docs/cluster.md)",
    examples: ["coordinator status", "coordinator status --json", "coordinator status RUN --join operator.json"],
  });
}
