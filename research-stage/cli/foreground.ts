/** A research run in the foreground of the command line: signals, progress on standard error, the result on standard output. */

import { commandFor } from "@kevo/coordinator/lineage/command.ts";
import { onStopRequest } from "@kevo/core/program/stop-requests.ts";
import { counted } from "@kevo/core/text/plural.ts";
import type { Recording } from "../pipeline/recording.ts";
import { type Ended, runResearch } from "../pipeline/run.ts";
import type { OpenResearch } from "../store/database.ts";
import type { ResearchRun } from "../store/store.ts";

const EXIT_INTERRUPTED = 130;

export interface ForegroundOptions {
  readonly research: OpenResearch;
  readonly run: ResearchRun;
  readonly recording: Recording | null;
  readonly record: string | null;
  readonly json: boolean;
}

export async function runInForeground({ json, ...options }: ForegroundOptions): Promise<void> {
  const interruption = new AbortController();
  const stops = onStopRequest((request) => {
    if (interruption.signal.aborted) {
      if (request === "output_closed") return;
      process.exit(EXIT_INTERRUPTED);
    }
    interruption.abort(new Error("interrupted"));
    say("stopping; press Ctrl-C again to end immediately. The run can be resumed in both cases");
  });
  try {
    const ended = await runResearch({ ...options, environment: process.env, say, signal: interruption.signal });
    process.stderr.write(closing(ended, options.recording !== null, options.research.lineage));
    if (json) process.stdout.write(`${JSON.stringify(ended)}\n`);
    if (interruption.signal.aborted) process.exitCode = EXIT_INTERRUPTED;
    else if (ended.status !== "completed") process.exitCode = 1;
  } finally {
    stops[Symbol.dispose]();
  }
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** @param lineage absolute path of the lineage database */
function closing(ended: Ended, replayed: boolean, lineage: string): string {
  const { run, status, message, best, spend_usd, report, package: packaged, ideas, incidents } = ended;
  // A replay pays nothing; its spend is that of the recorded run.
  const paid = `$${spend_usd.toFixed(4)} spent${replayed ? " when it was recorded" : ""}`;
  const novel = ideas.filter(({ verdict }) => verdict === "novel").length;
  const lines = [
    "",
    `Research run ${run} ${status}${message === null ? "" : `: ${message}`}.`,
    ...(ended.synthetic ? ["Synthetic demonstration: posts, papers and model answers are made up."] : []),
    `Survey ${surveyed(ended)}; ${counted(ideas.length, "idea")}, ${novel} novel; ${paid}; ${counted(incidents, "entry", "entries")} in the injection report.`,
    ...(best === null
      ? []
      : [
          `Best: ${best.kernel}, ${best.speedup?.toFixed(2)} times its first implementation (${best.speedup_low?.toFixed(2)}–${best.speedup_high?.toFixed(2)})`,
          `  where it comes from: ${commandFor(`lineage show ${best.candidate}`, lineage)}`,
        ]),
    `Report: ${report.join(", ")}`,
    ...(packaged === null ? [] : [`Package: ${packaged}`]),
    ...(status === "completed" ? [] : [`Continue with: ${commandFor(`resume ${run}`, lineage, "research-stage")}`]),
    "",
  ];
  return lines.join("\n");
}

/** How the survey went, with the sources that it is without. */
function surveyed({ survey, works, sources }: Ended): string {
  const down = sources.filter(({ status }) => status !== "ok");
  const without = down.map(({ source, status }) => `${source} ${status}`).join(", ");
  return `${survey} (${works === 0 ? "no work was found" : counted(works, "work")}${without === "" ? "" : `; ${without}`})`;
}
