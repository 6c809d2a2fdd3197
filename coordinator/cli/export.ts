/** `coordinator export`: what a run found, as a folder that runs without this project. */
import { withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import { exportRun } from "../export/export-run.ts";
import { resolveRun } from "../lineage/queries/resolve.ts";
import { openReadOnly } from "../lineage/read-only.ts";
import { print, printJson, type ReadOptions, RUN, withReadOptions } from "./output.ts";

export function exportCommand(): Command {
  const command = withReadOptions(
    new Command("export").description(
      "Write a folder that works without this project: kernel code, best configurations, and a loader with a fallback.",
    ),
  )
    .argument("[run]", RUN)
    .requiredOption("--out <folder>", "folder to write; must be empty or not exist yet")
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
  return withHelp(command, {
    json: "the run, the kernel, the folder and its files are written",
    examples: ["coordinator export --out ./attention"],
  });
}
