/** `research-stage optimise-prompts`. */
import { DEFAULT_DATABASE } from "@kevo/coordinator/lineage/default-database.ts";
import { withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import type { OptimiseOptions } from "./actions/optimise-prompts.ts";

export function optimisePromptsCommand(): Command {
  const command = new Command("optimise-prompts")
    .description("Implement a run's ideas again, and keep the fast kernels as examples for the implementation prompt.")
    .argument("[run]", "the research run whose ideas to implement (default: the latest run)")
    .requiredOption("--out <folder>", "folder to write; pass it to run as --prompts")
    .option("--budget-usd <dollars>", "hard limit for the cost of models", "5")
    .option("--evaluations <n>", "budget of evaluations for each kernel", "20")
    .option("--threshold <ratio>", "minimum speed of an example, relative to what the same idea reached before", "0.95")
    .option("--db <file>", "lineage database; research.db is stored beside it", DEFAULT_DATABASE)
    .option("--json", "end with one line of JSON on standard output")
    .action(async (id: string | undefined, given: OptimiseOptions) => {
      const { optimise } = await import("./actions/optimise-prompts.ts");
      await optimise(id, given);
    });
  return withHelp(command, {
    json: "the last line on standard output is the number of tries, the number of examples and the file",
    examples: ["research-stage optimise-prompts --out prompts"],
  });
}
