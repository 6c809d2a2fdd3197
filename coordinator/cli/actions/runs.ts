/** What `coordinator runs` does. */
import { isHeld } from "@kevo/core/database/writer-lock.ts";
import { commandFor } from "../../lineage/command.ts";
import { type RunRow, runsOf } from "../../lineage/queries/runs.ts";
import { openReadOnly } from "../../lineage/read-only.ts";
import { formatDuration, formatMetric, formatMs, formatSpeedup, UNKNOWN } from "../../progress/format.ts";
import { hint, print, printJson, printTable } from "../output.ts";
import type { ReadOptions } from "../read-options.ts";

export function listRuns(options: ReadOptions): void {
  const open = openReadOnly(options.db);
  try {
    const rows = runsOf(open.db, Date.now());
    // One coordinator per database: while none holds it, no run is active, whatever status the last one stored.
    const held = rows.some((row) => row.status === "running") && isHeld(open.path);
    const shown = rows.map((row) => ({ ...row, alive: held && row.status === "running" }));
    if (options.json) printJson(shown);
    else if (rows.length === 0) print(`There are no runs yet. Start one with: ${commandFor("start", open.path)}`);
    else printRuns(shown, open.path);
  } finally {
    open.close();
  }
}

function printRuns(rows: readonly (RunRow & { alive: boolean })[], database: string): void {
  const number = { align: "right" } as const;
  printTable(
    [
      { head: "run" },
      { head: "status" },
      { head: "kernel" },
      { head: "backend" },
      { head: "islands", ...number },
      { head: "evaluations", ...number },
      { head: "best", ...number },
      { head: "elapsed", ...number },
      { head: "started" },
    ],
    rows.map((row) => [
      row.run,
      row.status === "running" && !row.alive ? "cut off" : row.status,
      row.kernel,
      row.backend,
      String(row.islands),
      row.budget === null ? String(row.evaluations) : `${row.evaluations} of ${row.budget}`,
      bestWorth(row),
      formatDuration(row.elapsed_s),
      new Date(row.created_at).toISOString().slice(0, 16).replace("T", " "),
    ]),
  );
  const [cutOff] = rows.filter((row) => row.status === "running" && !row.alive);
  if (cutOff !== undefined) {
    hint(
      `The coordinator of the run ${cutOff.run} no longer runs. Continue the run with: ${commandFor(`resume ${cutOff.run}`, database)}`,
    );
  }
}

function bestWorth({ best, objective, speedup, time_ms }: RunRow): string {
  if (best === null) return UNKNOWN;
  if (objective !== undefined) return formatMetric(objective);
  return speedup === null ? formatMs(time_ms) : formatSpeedup(speedup);
}
