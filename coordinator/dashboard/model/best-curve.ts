/** The best so far over a run's evaluations, by single evaluations as the search saw them. */
import { MAX_POINTS } from "../contract/common.ts";
import type { RunView } from "./run-view.ts";
import { evenly } from "./thin.ts";

export interface Step {
  readonly row: number;
  readonly evaluation: number;
  readonly fitness: number;
  /** NaN for the first. */
  readonly before: number;
}

/** Every result that was better than all before it. One that was stopped early improves nothing. */
export function improvementsOf(view: RunView): Step[] {
  const steps: Step[] = [];
  let best = Number.NaN;
  let evaluation = 0;
  for (const row of view.counted()) {
    evaluation++;
    const fitness = view.table.fitness.get(row);
    if (Number.isNaN(fitness) || view.table.isStoppedEarly(row)) continue;
    if (!Number.isNaN(best) && fitness <= best) continue;
    steps.push({ row, evaluation, fitness, before: best });
    best = fitness;
  }
  return steps;
}

/** The latest that a series may hold, so that the curve's end is whole. */
export function lastSteps(steps: readonly Step[]): readonly Step[] {
  return steps.slice(-(MAX_POINTS - 1));
}

/** Rows of measured candidates, thinned. */
export function scatterOf(view: RunView): number[] {
  const rows: number[] = [];
  for (const row of view.counted()) if (!Number.isNaN(view.table.fitness.get(row))) rows.push(row);
  return evenly(rows.length, MAX_POINTS).map((at) => rows[at] as number);
}
