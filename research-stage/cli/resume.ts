/** `research-stage resume`. */
import { resolve } from "node:path";
import { DEFAULT_DATABASE } from "@kevo/coordinator/lineage/read-only.ts";
import { openResearch } from "@kevo/coordinator/lineage/research/database.ts";
import { findRun, setRun } from "@kevo/coordinator/lineage/research/store.ts";
import { parseNumber } from "@kevo/core/config/number.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { RUN_EXIT_CODES, RUN_JSON, withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import { requireModel } from "../pipeline/open-session.ts";
import { readRecording } from "../pipeline/recording.ts";
import { researchOptions } from "../session/options.ts";
import { runInForeground } from "./foreground.ts";
import { SHIPPED } from "./run.ts";

interface GivenOptions {
  readonly budgetUsd?: string;
  readonly db: string;
  readonly recording?: string | true;
  readonly record?: string;
  readonly json?: boolean;
}

export function resumeCommand(): Command {
  const command = new Command("resume")
    .description("Continue a run that was interrupted or killed, or that ran out of budget. No paid call is repeated.")
    .argument("[run]", "the research run's id (default: the latest run)")
    .option("--budget-usd <dollars>", "new hard limit, including what was already spent")
    .option("--db <file>", "lineage database; research.db is stored beside it", DEFAULT_DATABASE)
    .option("--recording [file]", "continue a replay (default file: the demonstration)")
    .option("--record <file>", "record the run for --recording, .json or .json.gz")
    .option("--json", "end with one line of JSON on standard output")
    .action(async (id: string | undefined, given: GivenOptions) => {
      const recording =
        given.recording === undefined ? null : readRecording(given.recording === true ? SHIPPED : given.recording);
      const budget_usd =
        given.budgetUsd === undefined
          ? undefined
          : parseNumber(given.budgetUsd, "--budget-usd", { min: 0, max: 1_000_000 });
      const research = openResearch(given.db, { existing: true });
      try {
        const known = findRun(research.db, id);
        if (known === undefined) {
          throw new UserError(
            `${id === undefined ? "There is no research run yet" : `There is no research run ${id}`}.`,
            2,
          );
        }
        const options = researchOptions.parse(JSON.parse(known.options));
        if (recording === null) requireModel(options, process.env);
        if (budget_usd !== undefined) {
          setRun(research.db, known.id, { options: JSON.stringify({ ...options, budget_usd }) });
        }
        const run = findRun(research.db, known.id) ?? known;
        await runInForeground({
          research,
          run,
          recording,
          record: given.record === undefined ? null : resolve(given.record),
          json: given.json === true,
        });
      } finally {
        research.close();
      }
    });
  return withHelp(command, {
    json: RUN_JSON,
    exitCodes: RUN_EXIT_CODES.replace("1 failed", "1 failed or out of budget"),
    examples: ["research-stage resume --budget-usd 5"],
  });
}
