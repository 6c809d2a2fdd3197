/** Values of candidates with their intervals. */
import { combine, type Timing } from "../../../lineage/combine.ts";
import { standingsOf } from "../../../lineage/queries/ranking.ts";
import type { Measured } from "../../contract/common.ts";
import type { RunView } from "../../model/run-view.ts";
import type { Reader } from "./reader.ts";
import type { RunReader } from "./run-reader.ts";

/** By candidate: of finalists that were measured again, by those rounds, where the position is the present one. */
export function standings(
  reader: Reader,
  run: RunReader,
  view: RunView,
  rows: readonly number[],
): Map<number, Measured> {
  const answers = rows.filter((row) => roundsOf(run, view, row) > 0).map((row) => view.table.answer.get(row));
  const found = singles(reader, run, view, rows);
  if (answers.length === 0) return found;
  const again = measuredAgain(reader, run, [...new Set(answers)]);
  for (const row of rows) {
    const measured = again.get(view.table.answer.get(row));
    if (measured !== undefined) found.set(row, measured);
  }
  return found;
}

/** On fresh inputs; of a twin, those of the candidate that answers it. */
export function roundsOf(run: RunReader, view: RunView, row: number): number {
  const { table } = view;
  return view.now ? (run.rounds.get(table.idOf(table.answer.get(row))) ?? 0) : 0;
}

function measuredAgain(reader: Reader, run: RunReader, rows: readonly number[]): Map<number, Measured> {
  const { table } = run;
  const found = new Map<number, Measured>();
  const ids = rows.map((row) => table.idOf(row));
  for (const standing of standingsOf(reader.lineage.db, run.run, ids)) {
    const row = table.rowOf(standing.candidate);
    const value = standing.speedup ?? standing.objective?.value ?? standing.time_ms;
    if (row === null || value === null || standing.rounds === 0) continue;
    found.set(row, { value, low: standing.speedup_low, high: standing.speedup_high });
  }
  return found;
}

const NONE: ReadonlyMap<number, number> = new Map();
const latest = new WeakMap<RunReader, { readonly version: number; readonly fitness: ReadonlyMap<number, number> }>();

/** Fitness of all that were measured again, by row, as `standings` has their values. */
export function fitnessAgain(reader: Reader, run: RunReader, view: RunView): ReadonlyMap<number, number> {
  if (!view.now || run.rounds.size === 0) return NONE;
  const known = latest.get(run);
  if (known?.version === run.measurements) return known.fitness;
  const rows = [...run.rounds.keys()].map((id) => run.table.rowOf(id)).filter((row) => row !== null);
  const measured = measuredAgain(reader, run, rows);
  const fitness = new Map([...measured].map(([row, { value }]) => [row, run.values.fitness(value)]));
  latest.set(run, { version: run.measurements, fitness });
  return fitness;
}

/** Of the evaluations alone, as the search saw them. A twin has the values of the candidate that answers it. */
export function singles(reader: Reader, run: RunReader, view: RunView, rows: readonly number[]): Map<number, Measured> {
  const { values } = run;
  const intervals = values.objective.against === null ? null : intervalsOf(reader, view, rows);
  const found = new Map<number, Measured>();
  for (const row of rows) {
    const value = values.of(view.fitnessOf(row));
    if (value === null) continue;
    const interval = intervals?.get(view.table.answer.get(row));
    found.set(row, { value, low: interval?.low ?? null, high: interval?.high ?? null });
  }
  return found;
}

const SIZE = 400;

function intervalsOf(
  { lineage }: Reader,
  { table }: RunView,
  rows: readonly number[],
): Map<number, { low: number | null; high: number | null }> {
  const answers = [...new Set(rows.map((row) => table.answer.get(row)))];
  const found = new Map<number, { low: number | null; high: number | null }>();
  for (let from = 0; from < answers.length; from += SIZE) {
    const ids = answers.slice(from, from + SIZE).map((row) => table.idOf(row));
    const timings = lineage.sqlite
      .prepare(
        `select candidate, workload, time_ms as timeMs, baseline_ms as baselineMs, speedup,
           speedup_low as speedupLow, speedup_high as speedupHigh
         from measurements where round = 0 and candidate in (${ids.map(() => "?").join()})`,
      )
      .all(...ids) as (Timing & { candidate: string })[];
    for (const [candidate, own] of Map.groupBy(timings, (timing) => timing.candidate)) {
      const { speedupLow, speedupHigh } = combine(own);
      found.set(table.rowOf(candidate) as number, { low: speedupLow, high: speedupHigh });
    }
  }
  return found;
}
