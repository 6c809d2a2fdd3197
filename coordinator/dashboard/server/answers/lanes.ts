/** `runs/:run/lanes`. */
import type { Outcome } from "@kevo/proto/outcome.ts";
import type { z } from "zod";
import type { LanesAnswer, lanesQuery } from "../../contract/lanes.ts";
import { DeviceLane, type Evaluated } from "../../model/device-lane.ts";
import type { Context } from "./context.ts";

const BINS = 300;
const MAX_NOTES = 500;
/** What is said of evaluators, programs and the way to them. */
const KINDS: ReadonlySet<string> = new Set([
  ...["started", "evaluator", "program", "nats", "stalled", "attempt_lost", "action"],
  ...["stopping", "exhausted", "completed", "stopped", "interrupted", "failed"],
]);

export function lanesAnswer(context: Context, query: z.output<typeof lanesQuery>): LanesAnswer {
  const { reader, run, view, about } = context;
  const { sqlite } = reader.lineage;
  const stopped = run.sessions.at(-1)?.to ?? (about.live ? Date.now() : run.lastSign(Number.POSITIVE_INFINITY));
  const end = view.now ? stopped : view.time;
  const from = query.from ?? run.row.createdAt;
  const to = Math.max(from + 1, Math.min(query.to ?? end, end));
  const stored = sqlite
    .prepare("select * from evaluators where run = ? order by first_seen")
    .all(run.run) as StoredEvaluator[];
  const addresses = new Map(stored.map(({ id, address }) => [id, address]));
  const width = Math.max(1, (to - from) / BINS);
  const lanes = new Map<string, DeviceLane>();
  for (const evaluated of evaluatedIn(context, from, to, end)) {
    const { evaluator, device, model } = evaluated;
    const key = `${evaluator}\n${device}`;
    let lane = lanes.get(key);
    if (lane === undefined) {
      const described = { evaluator, address: addresses.get(evaluator) ?? "", device, model };
      lane = new DeviceLane(described, { from, to, width });
      lanes.set(key, lane);
    }
    lane.add(evaluated);
  }
  const lost = lostAttempts(context);
  return {
    about,
    from,
    to,
    bin_ms: width,
    lanes: [...lanes.values()].map((lane) => lane.told()),
    evaluators: stored
      .filter(({ first_seen }) => first_seen <= end)
      .map(({ id, address, backend, state, first_seen, last_seen }) => ({
        ...{ id, address, backend, state: view.now ? state : "serving", first_seen, last_seen },
        candidates: [...lanes.values()].reduce((sum, lane) => sum + (lane.evaluator === id ? lane.count : 0), 0),
        lost_attempts: lost.get(id) ?? 0,
      })),
    current: view.now && about.live ? currentAttempts(context) : [],
    notes: run.events
      .filter(({ kind, at }) => KINDS.has(kind) && at <= end)
      .slice(-MAX_NOTES)
      .map(({ at, kind, message }) => ({ at, kind, message })),
  };
}

const COLUMNS = `rowid, candidate, outcome, evaluator, coalesce(device, ''), coalesce(device_model, ''), created_at,
  coalesce(compile_ms, 0), coalesce(lane_ms, 0), coalesce(queued_ms, 0)`;
const WITHIN =
  "evaluator is not null and created_at >= ? and created_at - coalesce(lane_ms, 0) <= ? and created_at <= ?";

type EvaluatedRow = [
  ...[rowid: number, candidate: string, outcome: Outcome, evaluator: string, device: string, model: string],
  ...[at: number, compile: number, lane: number, queued: number],
];

/** Results whose time on a device lies in a window, one at a time. */
function* evaluatedIn({ run }: Context, from: number, to: number, end: number): Generator<Evaluated, void> {
  const rows = run.evaluations.again(COLUMNS, WITHIN, [from, to, end]) as Iterable<EvaluatedRow>;
  for (const [, candidate, outcome, evaluator, device, model, at, compile, lane, queued] of rows) {
    yield { candidate, outcome, evaluator, device, model, at, compile, lane, queued };
  }
}

/** By evaluator. */
function lostAttempts({ reader, run }: Context): Map<string, number> {
  const rows = reader.lineage.sqlite
    .prepare(
      `select evaluator, count(*) from attempts
       where candidate >= ? and candidate < ? and end = 'evaluator_lost' group by evaluator`,
    )
    .raw()
    .all(`${run.run}/`, `${run.run}0`) as [string, number][];
  return new Map(rows);
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
