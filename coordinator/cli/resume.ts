/** `coordinator resume`. */
import { parseDuration } from "@kevo/core/config/duration.ts";
import { readEnvironment } from "@kevo/core/config/environment.ts";
import { parseInteger } from "@kevo/core/config/number.ts";
import { RUN_EXIT_CODES, RUN_JSON, withHelp } from "@kevo/core/program/command-help.ts";
import { leaveSoon } from "@kevo/core/program/leave-soon.ts";
import { addTelemetryOptions, type TelemetryOptions, telemetryOf } from "@kevo/core/telemetry/options.ts";
import { UNLIMITED_EVALUATIONS } from "@kevo/proto/run.ts";
import { Command } from "commander";
import { DEFAULT_DATABASE } from "../lineage/default-database.ts";
import type { Extension } from "../run/extension.ts";
import { addDashboardOptions, dashboardAddress } from "./dashboard-options.ts";
import { BELL, RUN, WAIT } from "./read-options.ts";

interface GivenOptions extends TelemetryOptions {
  readonly evaluations?: string;
  readonly time?: string;
  readonly wait?: string;
  readonly bell?: boolean;
  readonly db: string;
  readonly dashboard?: string | false;
  readonly json?: boolean;
  readonly parent?: boolean;
}

function extensionOf({ evaluations, time }: GivenOptions): Extension {
  return {
    evaluations:
      evaluations === undefined
        ? null
        : parseInteger(evaluations, "--evaluations", { min: 1, max: UNLIMITED_EVALUATIONS }),
    timeS: time === undefined ? null : parseDuration(time, "--time"),
  };
}

export function resumeCommand(): Command {
  const command = new Command("resume")
    .description("Continue a run that was interrupted, stopped or killed, that failed, or whose budget is extended.")
    .argument("[run]", RUN)
    .option("--evaluations <n>", "extend the budget to n evaluations in all; also for a completed run")
    .option("--time <duration>", "continue for this long, such as 10m, instead of until the run's own time is up")
    .option("--wait <duration>", WAIT)
    .option("--bell", BELL);
  addTelemetryOptions(addDashboardOptions(command))
    .option("--parent", "stop when standard input closes, that is, when the parent process dies")
    .option("--db <file>", "lineage database", DEFAULT_DATABASE)
    .option("--json", "end with one line of JSON on standard output")
    .action(async (run: string | undefined, given: GivenOptions) => {
      const { KEVO_TOKEN: token } = readEnvironment();
      const { resumeRun } = await import("./run-session.ts");
      const { db, json = false, bell = false, parent = false, wait } = given;
      const waitS = wait === undefined ? undefined : parseDuration(wait, "--wait");
      await resumeRun(
        run,
        { ...extensionOf(given), waitS },
        { db, json, token, bell, parent, dashboard: dashboardAddress(given), telemetry: telemetryOf(given) },
      );
      leaveSoon();
    });
  return withHelp(command, {
    json: RUN_JSON,
    exitCodes: RUN_EXIT_CODES,
    examples: ["coordinator resume", "coordinator resume 20261122-attention-cpu-1f3a --evaluations 400"],
  });
}
