/** Shared by the commands of `coordinator lineage`: opens the database for reading, prints rows as a table or JSON. */
import { parseInteger } from "@kevo/core/config/number.ts";
import type { Run } from "../../../lineage/queries/resolve.ts";
import { openReadOnly, type ReadOnlyLineage } from "../../../lineage/read-only.ts";
import { type RunObjective, storedObjective } from "../../../lineage/run-objective.ts";
import { wantsColours } from "../../../progress/table.ts";
import type { TableView } from "../../lineage/row-views.ts";
import { printJson, printTable } from "../../output.ts";
import type { ReadOptions } from "../../read-options.ts";

export interface LimitedOptions extends ReadOptions {
  readonly limit: string;
}

export function reading(options: ReadOptions, work: (open: ReadOnlyLineage) => void): void {
  const open = openReadOnly(options.db);
  try {
    work(open);
  } finally {
    open.close();
  }
}

export function show(options: ReadOptions, json: unknown, view: () => TableView): void {
  if (options.json) {
    printJson(json);
    return;
  }
  const { columns, rows } = view();
  printTable(columns, rows);
}

export function colours() {
  return { colours: wantsColours(process.stdout) };
}

export const objectiveOf = (run: Run): RunObjective => storedObjective(run.spec);

export function limitOf({ limit }: LimitedOptions): number {
  return atLeastOne(limit, "--limit");
}

export function atLeastOne(text: string, option: string): number {
  return parseInteger(text, option, { min: 1 });
}
