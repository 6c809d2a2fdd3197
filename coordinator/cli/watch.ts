/** `coordinator watch`: follows a run that another process carries out. Ctrl-C ends the watching, not the run. */
import { EXIT_CODES, withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import { BELL, type ReadOptions, RUN, withReadOptions } from "./read-options.ts";

export function watchCommand(): Command {
  const command = withReadOptions(new Command("watch").description("Follow a run of another process until it ends."))
    .argument("[run]", RUN)
    .option("--bell", BELL)
    .action(async (run: string | undefined, options: ReadOptions & { readonly bell?: boolean }) => {
      const { watchRun } = await import("./actions/watch.ts");
      await watchRun(run, options);
    });
  return withHelp(command, {
    notes: "Ctrl-C stops watching; the run continues.",
    json: "the result of the run is written when the run ends, as by coordinator start --json",
    exitCodes: `${EXIT_CODES}, 130 interrupted (the run continues)`,
    examples: ["coordinator watch"],
  });
}
