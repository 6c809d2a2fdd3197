/** `runs/:run/candidates`. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { z } from "zod";
import type { CandidateRow, CandidatesAnswer, candidatesQuery } from "../../contract/candidates.ts";
import { valuesAt } from "../../model/changes.ts";
import { compileFilter, filterRows } from "../../model/filter.ts";
import { orderOf } from "../../model/order.ts";
import { type ShownFitness, shownFitness } from "../../model/shown-fitness.ts";
import { fitnessAgain, roundsOf, standings } from "../read/measured.ts";
import { Refusal } from "../refusal.ts";
import type { Context } from "./context.ts";

export function candidatesAnswer(context: Context, query: z.output<typeof candidatesQuery>): CandidatesAnswer {
  const { run, view, about } = context;
  const order = orderOf(view, run.values, fitnessShown(context), query.sort, query.order);
  if (order === null) throw new Refusal("invalid", `There is no column ${query.sort} to sort by.`);
  const matched = matching(context, order, query.filter);
  const rows = [...matched.subarray(query.offset, query.offset + query.limit)];
  return {
    about,
    total: view.size,
    matched: matched.length,
    offset: query.offset,
    parameters: view.table.parameters.map(({ name }) => name),
    rows: rowsOf(context, rows),
  };
}

/** Meets every kind of column, and of operator that people use most. */
const TRIAL = 'value > 0 and status == "ok" and not cached and proposer != "" and island < 0 or evaluation == 0';
const TRIAL_ROWS = 20_000;
let isTried = false;

/** The engine compiles what it runs often: until then a filter takes three times as long. Whoever types one should not wait. */
function tryOut(context: Context, order: Int32Array): void {
  if (isTried || order.length < TRIAL_ROWS) return;
  isTried = true;
  setImmediate(() => {
    for (let from = 0; from + TRIAL_ROWS <= order.length; from += TRIAL_ROWS) {
      matching(context, order.subarray(from, from + TRIAL_ROWS), TRIAL);
    }
  });
}

function matching(context: Context, order: Int32Array, filter: string): Int32Array {
  const { run, view } = context;
  if (filter.trim() === "") {
    tryOut(context, order);
    return order;
  }
  try {
    const isRemeasured = (row: number) => roundsOf(run, view, row) > 0;
    return filterRows(order, compileFilter(filter, view, run.values, fitnessShown(context), isRemeasured));
  } catch (error) {
    if (error instanceof UserError) throw new Refusal("invalid_filter", error.message);
    throw error;
  }
}

/** As `rowsOf` shows it. */
const fitnessShown = ({ reader, run, view }: Context): ShownFitness =>
  shownFitness(view, fitnessAgain(reader, run, view), run.measurements);

export function rowsOf(context: Context, rows: readonly number[]): CandidateRow[] {
  const { reader, run, view } = context;
  const { table } = view;
  const measured = standings(reader, run, view, rows);
  return rows.map((row) => {
    const id = table.idOf(row);
    const result = view.resultOf(row);
    const number = (column: typeof table.timeMs): number | null => {
      const value = result === null ? Number.NaN : column.get(result);
      return Number.isNaN(value) ? null : value;
    };
    return {
      candidate: id,
      island: table.island.get(row),
      batch: table.batch.get(row),
      index: table.position.get(row),
      evaluation: result === row ? table.evaluation.get(row) : null,
      status: view.outcomeOf(row) ?? "pending",
      proposer: table.proposerOf(row),
      cached: table.answer.get(row) !== row,
      migrant: table.origins.has(row),
      rounds: roundsOf(run, view, row),
      measured: measured.get(row) ?? null,
      time_ms: number(table.timeMs),
      lane_ms: number(table.laneMs),
      stopped_early: view.isStoppedEarly(row),
      created_at: table.createdAt.get(row),
      config: valuesAt(table, row),
      evolved: table.evolved.get(row) === 1,
    };
  });
}
