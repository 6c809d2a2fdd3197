/** `research-stage resume`. */
import { DEFAULT_DATABASE } from "@kevo/coordinator/lineage/default-database.ts";
import { RUN_EXIT_CODES, RUN_JSON, withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import type { ResumeOptions } from "./actions/resume.ts";

export function resumeCommand(): Command {
  const command = new Command("resume")
    .description("Continue a run that was interrupted or killed, or that ran out of budget. No paid call is repeated.")
    .argument("[run]", "the research run's id (default: the latest run)")
    .option("--budget-usd <dollars>", "new hard limit, including what was already spent")
    .option("--db <file>", "lineage database; research.db is stored beside it", DEFAULT_DATABASE)
    .option("--recording [file]", "continue a replay (default file: the demonstration)")
    .option("--record <file>", "record the run for --recording, .json or .json.gz")
    .option("--json", "end with one line of JSON on standard output")
    .action(async (id: string | undefined, given: ResumeOptions) => {
      const { resumeResearch } = await import("./actions/resume.ts");
      await resumeResearch(id, given);
    });
  return withHelp(command, {
    json: RUN_JSON,
    exitCodes: RUN_EXIT_CODES.replace("1 failed", "1 failed or out of budget"),
    examples: ["research-stage resume --budget-usd 5"],
  });
}
