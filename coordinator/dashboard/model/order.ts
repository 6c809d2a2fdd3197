/** Orders of a run's candidates. Rows without the value that is sorted by come last, whichever way. */
import type { CandidatesQuery } from "../contract/candidates.ts";
import { sortedParameters } from "./parameters.ts";
import type { RunTable } from "./run-table.ts";
import type { RunView } from "./run-view.ts";
import type { ShownFitness } from "./shown-fitness.ts";
import type { Values } from "./value.ts";

type Direction = NonNullable<CandidatesQuery["order"]>;

const KEPT = 4;
const orders = new WeakMap<RunTable, { readonly key: string; readonly rows: Int32Array }[]>();

/**
 * Kept for the next filter over the same rows.
 *
 * @returns null for an unknown column.
 */
export function orderOf(
  view: RunView,
  values: Values,
  fitness: ShownFitness,
  sort: string,
  direction: Direction,
): Int32Array | null {
  const key = `${view.at} ${view.size} ${fitness.version} ${sort} ${direction}`;
  const known = orders.get(view.table) ?? [];
  const found = known.find((one) => one.key === key);
  if (found !== undefined) return found.rows;
  const keys = keysOf(view, values, fitness, sort, direction);
  if (keys === null) return null;
  const rows = sorted(keys);
  orders.set(view.table, [{ key, rows }, ...known].slice(0, KEPT));
  return rows;
}

/** Ascending; NaN last, and equal ones in the order of acceptance. */
function sorted(keys: Float64Array): Int32Array {
  const rows = Int32Array.from(keys, (_, row) => row);
  return rows.sort((a, b) => {
    const [x, y] = [keys[a] as number, keys[b] as number];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
    return x - y || a - b;
  });
}

/** Numbers whose ascending order is the wanted one. */
function keysOf(
  view: RunView,
  values: Values,
  fitness: ShownFitness,
  sort: string,
  direction: Direction,
): Float64Array | null {
  const { table } = view;
  const of = (key: (row: number) => number, sign: number): Float64Array => {
    const keys = new Float64Array(view.size);
    for (let row = 0; row < keys.length; row++) keys[row] = sign * key(row);
    return keys;
  };
  const downward = direction === "down" || direction === "worst";
  const sign = downward ? -1 : 1;
  switch (sort) {
    case "value": {
      if (direction === "best" || direction === "worst") return byRank(view, fitness, direction);
      return of((row) => values.of(fitness.of(row)) ?? Number.NaN, sign);
    }
    case "time_ms":
      return of((row) => table.timeMs.get(view.resultOf(row) ?? row), sign);
    case "lane_ms":
      return of((row) => table.laneMs.get(view.resultOf(row) ?? row), sign);
    case "evaluation":
      return of((row) => (view.resultOf(row) === row ? table.evaluation.get(row) : Number.NaN), sign);
    case "island":
      return of((row) => table.island.get(row), sign);
    case "batch":
      return of((row) => table.batch.get(row), sign);
    case "candidate":
      return of((row) => row, sign);
    case "proposer":
      return of(
        rankedBy(table.proposers, (row) => table.proposerOf(row)),
        sign,
      );
    case "status":
      return of(
        rankedBy(STATUS_ORDER, (row) => view.outcomeOf(row) ?? "pending"),
        sign,
      );
  }
  if (!sort.startsWith("param:")) return null;
  const parameter = sortedParameters(table).find(({ column }) => column.name === sort.slice("param:".length));
  return parameter === undefined ? null : of((row) => parameter.rank[parameter.column.at.get(row)] ?? Number.NaN, sign);
}

/** One that was stopped early comes after those that were measured to the end. */
function byRank(view: RunView, shown: ShownFitness, direction: "best" | "worst"): Float64Array {
  const keys = new Float64Array(view.size);
  const fitness = Float64Array.from(keys, (_, row) => shown.of(row));
  const known = fitness.filter((value) => !Number.isNaN(value));
  let [low, high] = [0, 0];
  for (const value of known) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const behind = high - low + 1;
  for (let row = 0; row < keys.length; row++) {
    const rank = -(fitness[row] as number) + (view.isStoppedEarly(row) ? behind : 0);
    keys[row] = direction === "best" ? rank : -rank;
  }
  return keys;
}

const STATUS_ORDER = ["ok", "pending", "timeout", "incorrect", "crashed", "compile_error", "invalid"] as const;

function rankedBy(names: readonly string[], nameOf: (row: number) => string): (row: number) => number {
  const order = names === STATUS_ORDER ? names : names.toSorted();
  const ranks = new Map(order.map((name, rank) => [name, rank]));
  return (row) => ranks.get(nameOf(row)) ?? Number.NaN;
}
