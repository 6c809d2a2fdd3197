/** `coordinator watch`: follows a run that another process carries out. Ctrl-C ends the watching, not the run. */
import { EXIT_CODES, withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import { BELL, type ReadOptions, RUN, withReadOptions } from "./read-options.ts";

type WatchOptions = ReadOptions & { readonly bell?: boolean; readonly join?: string };

export function watchCommand(): Command {
  const command = withReadOptions(new Command("watch").description("Follow a run of another process until it ends."))
    .argument("[run]", RUN)
    .option("--bell", BELL)
    .option("--join <file>", "an operator's invitation, to watch a run on another machine; requires the run's id")
    .action(async (run: string | undefined, options: WatchOptions) => {
      if (options.join !== undefined) {
        const { watchOverNats } = await import("./actions/watch-over-nats.ts");
        return await watchOverNats(run, options.join, options);
      }
      const { watchRun } = await import("./actions/watch.ts");
      await watchRun(run, options);
    });
  return withHelp(command, {
    notes: "Ctrl-C stops watching; the run continues.",
    json: "the result of the run is written when the run ends, as by coordinator start --json",
    exitCodes: `${EXIT_CODES}, 130 interrupted (the run continues)`,
    examples: ["coordinator watch", "coordinator watch 20261122-attention-cpu-1f3a --join operator.json"],
  });
}
