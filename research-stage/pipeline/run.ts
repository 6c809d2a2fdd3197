/** Carries out a research run: opens it, works through the stages, and writes report, package and recording. */

import { relative } from "node:path";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { ModelError } from "@kevo/core/llm/errors.ts";
import { counted } from "@kevo/core/text/plural.ts";
import { bestOf, type Findings, noFindings } from "../findings/findings-of-run.ts";
import { spendOf } from "../report/spend.ts";
import { writeReport } from "../report/write-report.ts";
import { packageStage } from "../stages/package.ts";
import type { OpenResearch } from "../store/database.ts";
import { findRun, type ResearchRun, setRun } from "../store/store.ts";
import { estimateOf } from "./estimate.ts";
import { type OpenSession, openSession } from "./open-session.ts";
import { research } from "./pipeline.ts";
import { type Recording, writeRecording } from "./recording.ts";

export interface ResearchRunOptions {
  readonly research: OpenResearch;
  readonly run: ResearchRun;
  readonly recording: Recording | null;
  /** Where to write a recording of the run; null: nowhere. */
  readonly record: string | null;
  readonly environment: NodeJS.ProcessEnv;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface Ended {
  readonly run: string;
  readonly status: "completed" | "stopped" | "failed";
  /** Why it did not complete; null where it did. */
  readonly message: string | null;
  readonly domain: string;
  readonly synthetic: boolean;
  readonly survey: string;
  /** Works that were found; 0 also where no source could look, which `survey` and `sources` tell. */
  readonly works: number;
  /** Why one that is not `ok` could not look, or not everywhere, is its `reason`. */
  readonly sources: readonly {
    readonly source: string;
    readonly status: string;
    readonly found: number;
    readonly reason: string | null;
  }[];
  readonly ideas: readonly { readonly id: string; readonly title: string; readonly verdict: string | null }[];
  readonly best: {
    readonly idea: string;
    readonly kernel: string;
    readonly run: string;
    readonly candidate: string | null;
    readonly speedup: number | null;
    readonly speedup_low: number | null;
    readonly speedup_high: number | null;
  } | null;
  readonly spend_usd: number;
  readonly incidents: number;
  readonly folder: string;
  readonly report: readonly string[];
  readonly package: string | null;
  readonly db: string;
}

/** @throws UserError before any work; afterwards a fault ends in a report that says so. */
export async function runResearch(given: ResearchRunOptions): Promise<Ended> {
  const { research: open, run, say, signal } = given;
  const opened = await openSession({ ...given, folder: run.folder });
  const found = noFindings(run.domain);
  try {
    announce(opened, given);
    setRun(open.db, run.id, { status: "running", message: null });
    const stopped = await attempt(() => research(opened.session, found), signal);
    const ended = await finish(given, opened, found, stopped);
    if (given.record !== null && ended.status === "completed") {
      writeRecording(given.record, open.db, findRun(open.db, run.id) as ResearchRun, opened.recorded);
      say(`recorded in ${given.record}`);
    }
    return ended;
  } finally {
    await opened.close();
  }
}

function announce({ session, recorded }: OpenSession, { recording, say }: ResearchRunOptions): void {
  const { options, sources } = session;
  if (recording !== null) {
    say(`replaying the run ${session.run}: without keys, network or cost`);
    return;
  }
  const { usd, lines } = estimateOf(options, recorded.models, sources);
  say(`estimate: about $${usd.toFixed(2)}, hard limit $${options.budget_usd.toFixed(2)}`);
  for (const { what, calls, usd: cost } of lines) say(`  ${what}: ${counted(calls, "call")}, $${cost.toFixed(3)}`);
  if (usd > options.budget_usd) say("  the estimate exceeds the budget: the run will probably stop before its end");
}

type Stop = { readonly status: "stopped" | "failed"; readonly message: string } | null;

async function attempt(work: () => Promise<void>, signal: AbortSignal): Promise<Stop> {
  try {
    await work();
    return null;
  } catch (error) {
    if (signal.aborted) return { status: "stopped", message: "interrupted" };
    if (error instanceof ModelError) {
      const status = error.kind === "over_budget" ? "stopped" : "failed";
      return { status, message: `${error.kind.replaceAll("_", " ")}: ${error.message}` };
    }
    if (error instanceof UserError) return { status: "failed", message: error.message };
    throw error;
  }
}

async function finish(
  given: ResearchRunOptions,
  { session }: OpenSession,
  found: Findings,
  stopped: Stop,
): Promise<Ended> {
  const { research: open, run, say } = given;
  const { options, folder } = session;
  const best = bestOf(found);
  say("7 report and package");
  const packaged = await packageStage(session, open.lineage, best);
  const spend = spendOf(open.db, run.id, options.budget_usd);
  const message = stopped?.message ?? null;
  const date = new Date(run.createdAt).toISOString().slice(0, 10);
  const report = writeReport(folder, { run: run.id, date, options, found, spend, stopped: message, packaged });
  const status = stopped?.status ?? "completed";
  setRun(open.db, run.id, { status, message, endedAt: Date.now() });
  return {
    run: run.id,
    status,
    message,
    domain: run.domain,
    synthetic: options.synthetic,
    survey: found.survey?.status ?? "not made",
    works: found.survey?.records.length ?? 0,
    sources: (found.survey?.sources ?? []).map(({ source, status, items, reason }) => {
      return { source, status, found: items.length, reason };
    }),
    ideas: found.rounds.flatMap(({ ideas, novelty }) =>
      ideas.map(({ id, title }) => {
        return { id, title, verdict: novelty.find(({ idea }) => idea === id)?.verdict ?? null };
      }),
    ),
    best:
      best === null
        ? null
        : {
            idea: best.idea.id,
            kernel: best.implementation.kernel,
            run: best.optimisation.run,
            candidate: best.optimisation.candidate,
            speedup: best.optimisation.speedup,
            speedup_low: best.optimisation.speedup_low,
            speedup_high: best.optimisation.speedup_high,
          },
    spend_usd: spend.models_usd + spend.sources_usd,
    incidents: found.incidents.length,
    folder,
    report: report.map((name) => relative("", `${folder}/${name}`)),
    package: packaged === null ? null : `${folder}/${packaged}`,
    db: open.path,
  };
}
