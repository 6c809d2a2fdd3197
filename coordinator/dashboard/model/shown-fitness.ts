/** The fitness by which candidates are sorted and filtered: that of the value which a page shows. */
import type { RunView } from "./run-view.ts";

export interface ShownFitness {
  /** The same while nothing was measured again since. */
  readonly version: number;
  /** NaN without one. */
  readonly of: (row: number) => number;
}

/** @param again fitness of those that were measured again, by row; a twin has that of the candidate that answers it. */
export function shownFitness(view: RunView, again: ReadonlyMap<number, number>, version: number): ShownFitness {
  // A look-up for each of a hundred thousand rows is spared where there is nothing to find.
  if (again.size === 0) return { version: 0, of: (row) => view.fitnessOf(row) };
  return { version, of: (row) => again.get(view.table.answer.get(row)) ?? view.fitnessOf(row) };
}
