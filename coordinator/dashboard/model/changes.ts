/** What sets a child apart from its parent. */
import type { ParamValue } from "@kevo/proto/search-space.ts";
import type { Change } from "../contract/candidates.ts";
import type { RunTable } from "./run-table.ts";
import type { RunView } from "./run-view.ts";

export function changesBetween(table: RunTable, parent: number, child: number): Change[] {
  const changes: Change[] = [];
  for (const parameter of table.parameters) {
    if (parameter.at.get(parent) === parameter.at.get(child)) continue;
    const from = table.valueOf(parent, parameter) ?? null;
    const to = table.valueOf(child, parameter) ?? null;
    changes.push({ parameter: parameter.name, from, to });
  }
  return changes;
}

/** The child's fitness over the parent's; null where either has none, or where fitness is no ratio. */
export function gainOf(view: RunView, parent: number, child: number): number | null {
  const [before, after] = [view.fitnessOf(parent), view.fitnessOf(child)];
  return before > 0 && after > 0 ? after / before : null;
}

/** In the order of `table.parameters`. */
export function valuesAt(table: RunTable, row: number): (ParamValue | null)[] {
  return table.parameters.map((parameter) => table.valueOf(row, parameter) ?? null);
}
