/** `coordinator resume`. */
import { readEnvironment } from "@kevo/core/config/environment.ts";
import { RUN_EXIT_CODES, RUN_JSON, withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import { DEFAULT_DATABASE } from "../lineage/default-database.ts";
import { RUN } from "./read-options.ts";

export function resumeCommand(): Command {
  const command = new Command("resume")
    .description("Continue a run that was interrupted, stopped or killed, or that failed.")
    .argument("[run]", RUN)
    .option("--db <file>", "lineage database", DEFAULT_DATABASE)
    .option("--json", "end with one line of JSON on standard output")
    .action(async (run: string | undefined, given: { db: string; json?: boolean }) => {
      const { KEVO_TOKEN: token } = readEnvironment();
      const { resumeRun } = await import("./run-session.ts");
      await resumeRun(run, { db: given.db, json: given.json === true, token });
    });
  return withHelp(command, {
    json: RUN_JSON,
    exitCodes: RUN_EXIT_CODES,
    examples: ["coordinator resume", "coordinator resume 20261122-attention-cpu-1f3a"],
  });
}
