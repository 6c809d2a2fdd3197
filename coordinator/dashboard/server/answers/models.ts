/** `runs/:run/models`, `runs/:run/calls`, `runs/:run/calls/:call`. */

import { proposerName } from "@kevo/proto/proposer.ts";
import type { z } from "zod";
import { callOf } from "../../../lineage/queries/calls.ts";
import { modelsUsed } from "../../../lineage/queries/models.ts";
import { MAX_POINTS } from "../../contract/common.ts";
import type { Arm, CallAnswer, CallRow, CallsAnswer, callsQuery, ModelsAnswer } from "../../contract/models.ts";
import { improvementsOf, type Step } from "../../model/best-curve.ts";
import { evenly } from "../../model/thin.ts";
import { NotFound } from "../refusal.ts";
import type { Context } from "./context.ts";
import { earnedBy } from "./progress.ts";
import { foreign, foreignOrNull } from "./text.ts";

interface StoredCall {
  readonly id: string;
  readonly at: number;
  readonly proposer: string;
  readonly model: string;
  readonly answered_by: string | null;
  readonly variant: string | null;
  readonly island: number | null;
  readonly outcome: string | null;
  readonly error: string | null;
  readonly prompt_tokens: number | null;
  readonly completion_tokens: number | null;
  readonly reasoning_tokens: number | null;
  readonly cost: number | null;
  readonly reserved: number;
  readonly latency_ms: number | null;
  readonly replayed: number | null;
}

type Totals = ModelsAnswer["totals"];

export function modelsAnswer(context: Context): ModelsAnswer {
  const { reader, run, view, about } = context;
  const calls = callsUntil(context);
  const steps = improvementsOf(view);
  const earned = rowsByCall(context, calls);
  const gains = gainsOf(steps);
  const totalsOf = (own: readonly StoredCall[]): Totals => ({
    calls: own.length,
    answered: own.filter(({ outcome }) => outcome === "ok").length,
    failed: own.filter(({ outcome }) => outcome !== null && outcome !== "ok").length,
    prompt_tokens: total(own.map((call) => call.prompt_tokens)),
    completion_tokens: total(own.map((call) => call.completion_tokens)),
    reasoning_tokens: total(own.map((call) => call.reasoning_tokens)),
    usd: total(own.map((call) => call.cost ?? call.reserved)),
    ...candidatesOf(
      context,
      own.flatMap(({ id }) => earned.get(id) ?? []),
      gains,
    ),
  });
  return {
    about,
    totals: totalsOf(calls),
    arms: [...Map.groupBy(calls, ({ model, variant }) => JSON.stringify([model, variant])).values()].map((own): Arm => {
      const [{ model, variant }] = own as [StoredCall];
      const known = own.flatMap(({ latency_ms }) => latency_ms ?? []);
      const rows = own.flatMap(({ id }) => earned.get(id) ?? []);
      return {
        ...{ model, variant, ...totalsOf(own) },
        gain: rows.reduce((product, row) => product * (gains.get(row) ?? 1), 1),
        latency_ms: known.length === 0 ? null : total(known) / known.length,
      };
    }),
    proposers: earnedBy(view, steps).map(({ proposer, evaluations, improvements }) => ({
      ...{ proposer, evaluations, improvements },
      gain: steps
        .filter(({ row }) => view.table.proposerOf(row) === proposer)
        .reduce((product, { row }) => product * (gains.get(row) ?? 1), 1),
      usd: total(calls.filter((call) => call.proposer === proposer).map((call) => call.cost ?? call.reserved)),
    })),
    curve: curveOf(context, calls, steps),
    trouble:
      calls.length === 0 && run.spec.llm === undefined ? [] : [...modelsUsed(reader.lineage.db, run.run).trouble],
  };
}

export function callsAnswer(context: Context, query: z.output<typeof callsQuery>): CallsAnswer {
  const { model, variant, outcome, offset, limit } = query;
  const all = callsUntil(context).filter(
    (call) =>
      (model === undefined || call.model === model) &&
      (variant === undefined || call.variant === variant) &&
      (outcome === undefined || call.outcome === outcome),
  );
  const earned = rowsByCall(context, all);
  const gains = gainsOf(improvementsOf(context.view));
  // The latest first.
  const shown = all.toReversed().slice(offset, offset + limit);
  const calls = shown.map((call) => rowOf(context, call, earned.get(call.id) ?? [], gains));
  return { about: context.about, total: all.length, offset, calls };
}

export function callAnswer(context: Context, id: string): CallAnswer {
  const stored = callsUntil(context).find((call) => call.id === id);
  if (stored === undefined) throw new NotFound(`The run ${context.run.run} has no call ${id}.`);
  const record = callOf(context.reader.lineage.db, id);
  const gains = gainsOf(improvementsOf(context.view));
  return {
    about: context.about,
    call: rowOf(context, stored, rowsByCall(context, [stored]).get(id) ?? [], gains),
    messages: (record?.messages ?? []).map(({ role, content }) => ({ role, content: foreign(content) })),
    answer: foreignOrNull(record?.answer),
  };
}

function callsUntil({ reader, run, view }: Context): StoredCall[] {
  const until = view.now ? Number.MAX_SAFE_INTEGER : view.time;
  const rows = reader.lineage.sqlite
    .prepare(
      `select id, created_at as at, proposer, model, answered_by, variant, island, outcome, error, prompt_tokens,
         completion_tokens, reasoning_tokens, cost_usd as cost, reserved_usd as reserved, latency_ms, replayed
       from model_calls where run = ? and created_at <= ? order by rowid`,
    )
    .all(run.run, until) as StoredCall[];
  return rows.map((row) => ({ ...row, proposer: proposerName(row.proposer) }));
}

function rowsByCall({ reader, run, view }: Context, calls: readonly StoredCall[]): Map<string, number[]> {
  // No index helps to find them among many candidates.
  if (calls.length === 0) return new Map();
  const rows = reader.lineage.sqlite
    .prepare("select call, id from candidates where run = ? and call is not null order by rowid")
    .raw()
    .all(run.run) as [string, string][];
  const found = new Map<string, number[]>();
  for (const [call, id] of rows) {
    const row = view.table.rowOf(id);
    if (row !== null && row < view.size) found.set(call, [...(found.get(call) ?? []), row]);
  }
  return found;
}

/** Of the improvements: the fitness over that of the best before; 1 for the first, and where fitness is no ratio. */
function gainsOf(steps: readonly Step[]): Map<number, number> {
  return new Map(steps.map(({ row, fitness, before }) => [row, before > 0 ? fitness / before : 1]));
}

function candidatesOf({ view }: Context, rows: readonly number[], gains: ReadonlyMap<number, number>) {
  return {
    candidates: rows.length,
    ok: rows.filter((row) => view.outcomeOf(row) === "ok").length,
    improvements: rows.filter((row) => gains.has(row)).length,
  };
}

function rowOf(
  { view }: Context,
  call: StoredCall,
  rows: readonly number[],
  gains: ReadonlyMap<number, number>,
): CallRow {
  const { id, at, proposer, model, answered_by, variant, island, outcome, error } = call;
  const best = Math.max(...rows.map((row) => gains.get(row) ?? 0));
  return {
    ...{ call: id, at, proposer, model, answered_by, variant, island, outcome, error },
    prompt_tokens: call.prompt_tokens,
    completion_tokens: call.completion_tokens,
    reasoning_tokens: call.reasoning_tokens,
    usd: call.cost,
    reserved_usd: call.reserved,
    latency_ms: call.latency_ms,
    replayed: call.replayed === 1,
    candidates: rows.map((row) => view.table.idOf(row)),
    gain: best > 0 ? best : null,
  };
}

function curveOf({ run, view }: Context, calls: readonly StoredCall[], steps: readonly Step[]): ModelsAnswer["curve"] {
  const sums: number[] = [];
  let usd = 0;
  for (const call of calls) {
    usd += call.cost ?? call.reserved;
    sums.push(usd);
  }
  const kept = evenly(calls.length, MAX_POINTS);
  const bestAt = (time: number): number | null => {
    const step = steps.findLast(({ row }) => view.table.evaluatedAt.get(row) <= time);
    return step === undefined ? null : run.values.of(step.fitness);
  };
  return {
    at: kept.map((at) => (calls[at] as StoredCall).at),
    calls: kept.map((at) => at + 1),
    usd: kept.map((at) => sums[at] as number),
    value: kept.map((at) => bestAt((calls[at] as StoredCall).at)),
  };
}

function total(values: readonly (number | null)[]): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}
