/** `runs/:run`. */
import { isWithoutCode } from "@kevo/proto/backend-name.ts";
import { UNLIMITED_EVALUATIONS } from "@kevo/proto/run.ts";
import type { RunAnswer, RunSummary } from "../../contract/runs.ts";
import { describeParameter, sortedParameters } from "../../model/parameters.ts";
import type { RunView } from "../../model/run-view.ts";
import { bestAt } from "../read/best.ts";
import type { RunReader } from "../read/run-reader.ts";
import type { Context } from "./context.ts";

const RATE_WINDOW_MS = 30_000;
const NOTES = 200;
/** Values of a parameter that are listed: a candidate of a long range has its own. */
const MAX_VALUES = 500;

export function runAnswer(context: Context): RunAnswer {
  const { reader, run, view, about } = context;
  const { spec } = run;
  const summary = summaryAt(context);
  const rate = about.live && view.now ? perSecond(run) : null;
  const finished = summary.budget.evaluations.limit !== null && view.at >= summary.budget.evaluations.limit;
  const paused = about.live && isPaused(run);
  return {
    about,
    summary,
    phase: phaseOf(context, finished, paused),
    paused,
    per_second: finished ? null : rate,
    remaining_s: about.live && view.now && !finished ? remaining(summary, rate) : null,
    cached: cachedIn(view),
    outstanding: outstandingIn(view),
    workloads: spec.workloads,
    parameters: sortedParameters(view.table).map((parameter) => describeParameter(parameter, MAX_VALUES)),
    baselines: baselinesOf(reader.lineage.sqlite, view),
    search: spec.search,
    topology: spec.topology,
    migrate_every: spec.migrate_every,
    migrants: spec.migrants,
    seed: spec.seed,
    effort: spec.effort,
    sync: spec.sync,
    evolves_code: spec.evolves_source !== undefined,
    notes: run.events
      .filter(({ at }) => view.now || at <= view.time)
      .slice(-NOTES)
      .reverse()
      .map(({ id, at, kind, message }) => ({ id, at, kind, message })),
  };
}

/** The run's line in the list, as it stood at the position. */
function summaryAt({ reader, run, view, about }: Context): RunSummary {
  const summary = reader.list.summary(run.row, about.live);
  const { budget } = summary;
  if (view.now)
    return { ...summary, budget: { ...budget, time_s: { ...budget.time_s, used: elapsedNow(run, about.live) } } };
  const usd = reader.lineage.sqlite
    .prepare(
      "select coalesce(sum(coalesce(cost_usd, reserved_usd)), 0) from model_calls where run = ? and created_at <= ?",
    )
    .pluck()
    .get(run.run, view.time) as number;
  return {
    ...summary,
    outcomes: view.outcomes(),
    best: bestAt(reader, run, view),
    budget: {
      evaluations: { ...budget.evaluations, used: view.at },
      time_s: { ...budget.time_s, used: run.clock()(view.time) },
      usd: { ...budget.usd, used: usd },
    },
  };
}

/** What is stored is two seconds old while the run goes on, and missing where it was killed in its first two. */
function elapsedNow(run: RunReader, live: boolean): number {
  if (!live && run.row.elapsedMs > 0) return run.row.elapsedMs / 1000;
  return run.clock()(live ? Date.now() : run.lastSign(Number.POSITIVE_INFINITY));
}

function phaseOf({ run, view, about }: Context, finished: boolean, paused: boolean): string {
  if (!view.now) return "as it stood";
  if (run.row.status !== "running") return run.row.status;
  if (!about.live) return "its coordinator no longer runs";
  if (paused) return "paused";
  const remeasures = run.rounds.size > 0 || (finished && !isWithoutCode(run.spec.backend));
  if (remeasures) return "re-measuring the finalists";
  return view.at === 0 ? "starting" : "evolving";
}

/** What the latest action said; a session that starts begins without a pause. */
function isPaused({ events }: RunReader): boolean {
  for (const { kind, data } of events.toReversed()) {
    if (kind === "started") return false;
    if (kind !== "action" || data === null) continue;
    const { action } = JSON.parse(data) as { action: string };
    if (action === "pause") return true;
    if (action === "resume") return false;
  }
  return false;
}

function perSecond({ table }: RunReader): number | null {
  const since = Date.now() - RATE_WINDOW_MS;
  let count = 0;
  for (let n = table.evaluations - 1; n >= 0; n--) {
    if (table.evaluatedAt.get(table.counted.get(n)) < since) break;
    count++;
  }
  return count === 0 ? null : count / (RATE_WINDOW_MS / 1000);
}

function remaining({ budget }: RunSummary, rate: number | null): number | null {
  const { evaluations, time_s } = budget;
  const left = evaluations.limit === null || evaluations.limit === UNLIMITED_EVALUATIONS ? null : evaluations;
  const byBudget = left === null || rate === null ? null : ((left.limit as number) - left.used) / rate;
  const byClock = time_s.limit === null ? null : Math.max(0, time_s.limit - time_s.used);
  if (byBudget === null || byClock === null) return byBudget ?? byClock;
  return Math.min(byBudget, byClock);
}

function cachedIn({ table, size }: RunView): number {
  let cached = 0;
  for (let row = 0; row < size; row++) if (table.answer.get(row) !== row) cached++;
  return cached;
}

function outstandingIn(view: RunView): number {
  let open = 0;
  for (let row = 0; row < view.size; row++)
    if (view.table.answer.get(row) === row && view.resultOf(row) === null) open++;
  return open;
}

/** Names of everything that was timed beside the best. */
function baselinesOf(sqlite: Context["reader"]["lineage"]["sqlite"], view: RunView): string[] {
  const best = view.best();
  if (best === null) return [];
  const rows = sqlite
    .prepare("select baseline, others from measurements where candidate = ? and round = 0")
    .raw()
    .all(view.table.idOf(best)) as [string | null, string][];
  return [...new Set(rows.flatMap(([baseline, others]) => [baseline ?? [], Object.keys(JSON.parse(others))].flat()))];
}
