/** A filter over a run's candidates: an expression as in a kernel's constraints, over what is stored of them. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { parseExpression } from "@kevo/core/search-space/expression/expression.ts";
import { fromNumber, PyFloat, PySequence, type PyValue } from "@kevo/core/search-space/expression/value.ts";
import type { ParamValue } from "@kevo/proto/search-space.ts";
import type { ParameterColumn } from "./run-table.ts";
import type { RunView } from "./run-view.ts";
import type { ShownFitness } from "./shown-fitness.ts";
import type { Values } from "./value.ts";

/** What a filter sees of a row. A number that is missing compares as neither smaller, larger nor equal. */
type Column = (row: number) => PyValue;

const MISSING = new PyFloat(Number.NaN);

/** @returns whether a row passes. @throws UserError that says what is wrong with the expression. */
export function compileFilter(
  text: string,
  view: RunView,
  values: Values,
  fitness: ShownFitness,
  isRemeasured: (row: number) => boolean,
): (row: number) => boolean {
  if (text.trim() === "") return () => true;
  const columns = columnsOf(view, values, fitness, isRemeasured);
  const expression = parseExpression(text, new Set(columns.keys()), "filter");
  const used = expression.names.map((name) => columns.get(name) as Column);
  const scope = new Array<PyValue>(used.length);
  return (row) => {
    for (let at = 0; at < used.length; at++) scope[at] = (used[at] as Column)(row);
    return expression.holds(scope);
  };
}

/**
 * The rows of an order that pass. A row whose values the expression cannot compare does not pass; where that is true of
 * all of them, the expression is wrong.
 *
 * @throws UserError
 */
export function filterRows(order: Int32Array, passes: (row: number) => boolean): Int32Array {
  const kept = new Int32Array(order.length);
  let count = 0;
  let mistakes = 0;
  let mistake: UserError | null = null;
  for (const row of order) {
    try {
      if (passes(row)) kept[count++] = row;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      mistake = error;
      mistakes++;
    }
  }
  if (mistake !== null && mistakes === order.length) throw mistake;
  return kept.subarray(0, count);
}

function columnsOf(
  view: RunView,
  values: Values,
  fitness: ShownFitness,
  isRemeasured: (row: number) => boolean,
): Map<string, Column> {
  const { table } = view;
  const value = floats((row) => values.of(fitness.of(row)));
  const columns = new Map<string, Column>([
    ["status", (row) => view.outcomeOf(row) ?? "pending"],
    ["island", (row) => table.island.get(row)],
    ["batch", (row) => table.batch.get(row)],
    ["evaluation", (row) => table.evaluation.get(row)],
    ["proposer", (row) => table.proposerOf(row)],
    ["value", value],
    ["speedup", values.objective.against === null ? () => MISSING : value],
    ["time_ms", floats((row) => table.timeMs.get(view.resultOf(row) ?? row))],
    ["lane_ms", floats((row) => table.laneMs.get(view.resultOf(row) ?? row))],
    ["cached", (row) => table.answer.get(row) !== row],
    ["migrant", (row) => table.origins.has(row)],
    ["remeasured", isRemeasured],
    ["evolved", (row) => table.evolved.get(row) === 1],
  ]);
  for (const parameter of table.parameters) columns.set(parameter.name, valuesOf(parameter));
  return columns;
}

/** A parameter may have as many values as there are rows, and a filter names few: each is made when it is met. */
function valuesOf({ at, values }: ParameterColumn): Column {
  let made: (PyValue | undefined)[] | null = null;
  return (row) => {
    const index = at.get(row);
    made ??= new Array(values.length);
    const known = made[index];
    if (known !== undefined) return known;
    const value = values[index];
    if (value === undefined) return null;
    const own = pythonOf(value);
    made[index] = own;
    return own;
  };
}

/** One object for all rows, as no expression keeps a value: most of the time would go to making and collecting them. */
function floats(of: (row: number) => number | null): Column {
  const float: { -readonly [key in keyof PyFloat]: PyFloat[key] } = new PyFloat(Number.NaN);
  return (row) => {
    float.value = of(row) ?? Number.NaN;
    return float;
  };
}

function pythonOf(value: ParamValue): PyValue {
  if (typeof value === "number") return fromNumber(value);
  return Array.isArray(value) ? new PySequence("list", value.map(pythonOf)) : value;
}
