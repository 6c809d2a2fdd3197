/** `coordinator evaluators`: who worked, or works, for a run. */
import { withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import { DEFAULT_DATABASE } from "../lineage/default-database.ts";
import { type ReadOptions, RUN } from "./read-options.ts";

export function evaluatorsCommand(): Command {
  const command = new Command("evaluators")
    .description("List a run's evaluators and how busy each of their devices was.")
    .argument("[run]", RUN)
    .option("--db <file>", "lineage database", DEFAULT_DATABASE)
    .option("--json", "write one JSON value to standard output")
    .action(async (run: string | undefined, options: ReadOptions) => {
      const { listEvaluators } = await import("./actions/evaluators.ts");
      listEvaluators(run, options);
    });
  return withHelp(command, {
    json: "an array with one object per evaluator is written",
    examples: ["coordinator evaluators"],
  });
}
