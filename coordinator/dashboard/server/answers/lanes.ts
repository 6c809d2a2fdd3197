/** `runs/:run/lanes`. */
import type { Outcome } from "@kevo/proto/outcome.ts";
import type { z } from "zod";
import type { Lane, LaneSpan, LanesAnswer, lanesQuery } from "../../contract/lanes.ts";
import type { Context } from "./context.ts";

const BINS = 300;
const MAX_SPANS = 1_000;
const MAX_NOTES = 500;
/** What is said of evaluators, programs and the way to them. */
const KINDS: ReadonlySet<string> = new Set([
  ...["started", "evaluator", "program", "nats", "stalled", "attempt_lost", "action"],
  ...["stopping", "exhausted", "completed", "stopped", "interrupted", "failed"],
]);

interface Evaluated {
  readonly candidate: string;
  readonly outcome: Outcome;
  readonly evaluator: string;
  readonly device: string;
  readonly model: string;
  readonly at: number;
  readonly compile: number;
  readonly lane: number;
  readonly queued: number;
}

export function lanesAnswer(context: Context, query: z.output<typeof lanesQuery>): LanesAnswer {
  const { reader, run, view, about } = context;
  const { sqlite } = reader.lineage;
  const stopped = run.sessions.at(-1)?.to ?? (about.live ? Date.now() : run.lastSign(Number.POSITIVE_INFINITY));
  const end = view.now ? stopped : view.time;
  const from = query.from ?? run.row.createdAt;
  const to = Math.max(from + 1, Math.min(query.to ?? end, end));
  const rows = sqlite
    .prepare(
      `select candidate, outcome, evaluator, coalesce(device, '') as device, coalesce(device_model, '') as model,
         created_at as at, coalesce(compile_ms, 0) as compile, coalesce(lane_ms, 0) as lane,
         coalesce(queued_ms, 0) as queued
       from evaluations where run = ? and evaluator is not null and created_at >= ? and created_at - coalesce(lane_ms, 0) <= ?
         and created_at <= ?
       order by created_at`,
    )
    .all(run.run, from, to, end) as Evaluated[];
  const stored = sqlite
    .prepare("select * from evaluators where run = ? order by first_seen")
    .all(run.run) as StoredEvaluator[];
  const addresses = new Map(stored.map(({ id, address }) => [id, address]));
  const width = Math.max(1, (to - from) / BINS);
  const lanes = [...Map.groupBy(rows, ({ evaluator, device }) => `${evaluator}\n${device}`).values()].map((own) =>
    laneOf(own, addresses, { from, to, width }),
  );
  return {
    about,
    from,
    to,
    bin_ms: width,
    lanes,
    evaluators: stored
      .filter(({ first_seen }) => first_seen <= end)
      .map(({ id, address, backend, state, first_seen, last_seen }) => ({
        ...{ id, address, backend, state: view.now ? state : "serving", first_seen, last_seen },
        candidates: rows.filter(({ evaluator }) => evaluator === id).length,
        lost_attempts: sqlite
          .prepare(
            `select count(*) from attempts where candidate >= ? and candidate < ? and evaluator = ?
               and end = 'evaluator_lost'`,
          )
          .pluck()
          .get(`${run.run}/`, `${run.run}0`, id) as number,
      })),
    current: view.now && about.live ? currentAttempts(context) : [],
    notes: run.events
      .filter(({ kind, at }) => KINDS.has(kind) && at <= end)
      .slice(-MAX_NOTES)
      .map(({ at, kind, message }) => ({ at, kind, message })),
  };
}

interface StoredEvaluator {
  readonly id: string;
  readonly address: string;
  readonly backend: string;
  readonly state: LanesAnswer["evaluators"][number]["state"];
  readonly first_seen: number;
  readonly last_seen: number;
}

function currentAttempts({ reader, run }: Context): LanesAnswer["current"] {
  return reader.lineage.sqlite
    .prepare(
      `select candidate, evaluator, stage, started_at as since from attempts
       where candidate >= ? and candidate < ? and end is null order by started_at desc limit 200`,
    )
    .all(`${run.run}/`, `${run.run}0`) as LanesAnswer["current"];
}

interface Window {
  readonly from: number;
  readonly to: number;
  readonly width: number;
}

function laneOf(rows: readonly Evaluated[], addresses: ReadonlyMap<string, string>, window: Window): Lane {
  const { from, to, width } = window;
  const bins = Math.ceil((to - from) / width);
  const busy = new Array<number>(bins).fill(0);
  const compiling = new Array<number>(bins).fill(0);
  const candidates = new Array<number>(bins).fill(0);
  const spans = rows.map(spanOf);
  let sum = 0;
  for (const { compile_from, ready, lane_from, lane_to } of spans) {
    sum += Math.max(0, Math.min(to, lane_to) - Math.max(from, lane_from));
    spread(busy, window, lane_from, lane_to);
    spread(compiling, window, compile_from, ready);
    const at = Math.min(bins - 1, Math.floor((lane_to - from) / width));
    if (at >= 0) candidates[at] = (candidates[at] as number) + 1;
  }
  const [{ evaluator, device, model }] = rows as [Evaluated];
  return {
    ...{ evaluator, address: addresses.get(evaluator) ?? "", device, model },
    busy: busy.map((ms) => Math.min(1, ms / width)),
    compiling: compiling.map((ms) => ms / width),
    candidates,
    busy_share: Math.min(1, sum / (to - from)),
    spans: spans.length <= MAX_SPANS ? spans : [],
  };
}

/** A result is stored a moment after its timing ended; before that it was in the queue, and before that it compiled. */
function spanOf({ candidate, outcome, at, compile, lane, queued }: Evaluated): LaneSpan {
  const laneFrom = Math.round(at - lane);
  const ready = Math.round(laneFrom - queued);
  return {
    ...{ candidate, outcome, compile_from: Math.round(ready - compile), ready },
    ...{ lane_from: laneFrom, lane_to: at },
  };
}

/** Adds the milliseconds of a span to the bins that it lies in. */
function spread(bins: number[], { from, to, width }: Window, start: number, end: number): void {
  const [low, high] = [Math.max(from, start), Math.min(to, end)];
  if (high <= low) return;
  for (let at = Math.floor((low - from) / width); at < bins.length; at++) {
    const [left, right] = [from + at * width, from + (at + 1) * width];
    if (left >= high) return;
    bins[at] = (bins[at] as number) + Math.min(high, right) - Math.max(low, left);
  }
}
