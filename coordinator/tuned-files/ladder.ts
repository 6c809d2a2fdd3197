/** Batch sizes of a whole file, and what stands in it for those that a run did not tune. */
import type { ChosenRow, Rival } from "./choose-rows.ts";
import type { TunedRow } from "./format.ts";
import { nearestRow } from "./lookup.ts";

/** The sizes of both stacks' own tuning scripts. */
export const LADDER = [1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024, 1536, 2048, 3072, 4096];

/**
 * Both stacks take the nearest row, however far it is. So the sizes of the ladder that were not tuned have what the stack
 * would run without the new file: the row of the file that is there, or the rule's.
 *
 * @returns the rows of the file, ascending.
 */
export function wholeLadder(
  chosen: readonly ChosenRow[],
  ruleOf: (batch: number) => TunedRow,
  [file]: readonly Rival[],
): Map<number, TunedRow> {
  const rows = new Map(chosen.map(({ batch, row }) => [batch, row]));
  for (const batch of LADDER) {
    if (!rows.has(batch)) rows.set(batch, file === undefined ? ruleOf(batch) : nearestRow(file.rows, batch));
  }
  return new Map([...rows].sort(([a], [b]) => a - b));
}
