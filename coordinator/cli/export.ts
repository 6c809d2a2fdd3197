/** `coordinator export`: what a run found, as a folder that runs without this project. */
import { Command } from "commander";
import { exportRun } from "../export/export-run.ts";
import { openReadOnly } from "../lineage/read-only.ts";
import { resolveRun } from "../lineage/resolve.ts";
import { print, printJson, type ReadOptions, withReadOptions } from "./output.ts";

export function exportCommand(): Command {
  return withReadOptions(
    new Command("export").description(
      "Write what a run found: source, best configurations, a loader that falls back to the reference.",
    ),
  )
    .argument("[run]", "a run's id or the beginning of one (default: the latest)")
    .requiredOption("--out <folder>", "where to; must not be there yet, or be empty")
    .addHelpText("after", "\nExample:\n  coordinator export --out ./attention")
    .action(async (text: string | undefined, options: ReadOptions & { out: string }) => {
      const open = openReadOnly(options.db);
      try {
        const exported = await exportRun(open.db, resolveRun(open.db, text), options.out);
        if (options.json) return printJson(exported);
        print(`Run ${exported.run} of ${exported.kernel} is in ${exported.out}:`);
        for (const file of exported.files) print(`  ${file}`);
        print(`Check it here: python3 ${exported.out}/loader.py`);
      } finally {
        open.close();
      }
    });
}
