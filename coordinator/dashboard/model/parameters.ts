/** A run's parameters as its candidates show them: a database alone knows no more of the search space. */
import type { ParamValue } from "@kevo/proto/search-space.ts";
import type { Parameter } from "../contract/runs.ts";
import type { ParameterColumn, RunTable } from "./run-table.ts";

export interface SortedParameter {
  readonly column: ParameterColumn;
  readonly type: Parameter["type"];
  /** Numbers ascending, everything else by its text. */
  readonly values: readonly ParamValue[];
  /** Place of a value of the column among the sorted ones. */
  readonly rank: Int32Array;
}

const latest = new WeakMap<RunTable, { readonly values: number; readonly sorted: readonly SortedParameter[] }>();

export function sortedParameters(table: RunTable): readonly SortedParameter[] {
  const values = table.parameters.reduce((sum, column) => sum + column.values.length, 0);
  const known = latest.get(table);
  // Values are only added.
  if (known?.values === values) return known.sorted;
  const sorted = sortParameters(table);
  latest.set(table, { values, sorted });
  return sorted;
}

function sortParameters(table: RunTable): SortedParameter[] {
  return table.parameters.map((column) => {
    const order = column.values.map((_, at) => at).sort((a, b) => inOrder(column.values[a], column.values[b]));
    const rank = new Int32Array(order.length);
    for (const [place, at] of order.entries()) rank[at] = place;
    return { column, type: typeOf(column.values), values: order.map((at) => column.values[at] as ParamValue), rank };
  });
}

export function describeParameter({ column, type, values }: SortedParameter, most: number): Parameter {
  return { name: column.name, type, description: null, values: values.slice(0, most).map(textOf) };
}

export function textOf(value: ParamValue): string {
  return Array.isArray(value) ? value.join(", ") : String(value);
}

function typeOf(values: readonly ParamValue[]): Parameter["type"] {
  if (values.every((value) => typeof value === "boolean")) return "boolean";
  if (values.every((value) => typeof value === "number")) return "ordinal";
  return values.every((value) => Array.isArray(value)) ? "permutation" : "categorical";
}

const collator = new Intl.Collator("en", { numeric: true });

function inOrder(a: ParamValue | undefined, b: ParamValue | undefined): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return collator.compare(textOf(a as ParamValue), textOf(b as ParamValue));
}
