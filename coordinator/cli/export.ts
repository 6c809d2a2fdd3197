/** `coordinator export`: what a run found, as a folder that runs without this project. */
import { withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import { type ReadOptions, RUN, withReadOptions } from "./read-options.ts";

export function exportCommand(): Command {
  const command = withReadOptions(
    new Command("export").description(
      "Write a folder that works without this project: kernel code, best configurations, and a loader with a fallback.",
    ),
  )
    .argument("[run]", RUN)
    .requiredOption("--out <folder>", "folder to write; must be empty or not exist yet")
    .action(async (run: string | undefined, options: ReadOptions & { out: string }) => {
      const { writePackage } = await import("./actions/export.ts");
      await writePackage(run, options);
    });
  return withHelp(command, {
    json: "the run, the kernel, the folder and its files are written",
    examples: ["coordinator export --out ./attention"],
  });
}
