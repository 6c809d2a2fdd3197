/** The report of a stored run: the same from the coordinator at its end and from `watch`. */
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import type { LineageDatabase } from "../lineage/database.ts";
import { cellsOf } from "../lineage/queries/cells.ts";
import { winnersTimes } from "../lineage/queries/workloads.ts";
import { finalReport } from "./final-report.ts";
import type { RunResult } from "./result.ts";

/** @param definition of the run's kernel; null where this machine does not have it any more. */
export function storedReport(
  db: LineageDatabase,
  result: RunResult,
  definition: KernelDefinition | null,
  colours: boolean,
): string {
  return finalReport(result, {
    defaultConfig: definition?.default ?? null,
    baselines: definition?.baselines.map(({ name }) => name) ?? [],
    workloads: winnersTimes(db, result.run),
    cells: cellsOf(db, result.run),
    colours,
  });
}
