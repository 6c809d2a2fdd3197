/** `coordinator resume`. */
import { readEnvironment } from "@kevo/core/config/environment.ts";
import { Command } from "commander";
import { DEFAULT_DATABASE } from "../lineage/read-only.ts";

export function resumeCommand(): Command {
  return new Command("resume")
    .description("Go on with a run that was interrupted, stopped, failed or killed.")
    .argument("[run]", "its id, or the beginning of it (default: the latest)")
    .option("--db <file>", "lineage database", DEFAULT_DATABASE)
    .option("--json", "end with one line of JSON on standard output")
    .addHelpText("after", "\nExample:\n  coordinator resume 20261122-attention-cpu-1f3a")
    .action(async (run: string | undefined, given: { db: string; json?: boolean }) => {
      const { KEVO_TOKEN: token } = readEnvironment();
      const { resumeRun } = await import("./run-session.ts");
      await resumeRun(run, { db: given.db, json: given.json === true, token });
    });
}
