/**
 * Windows of a run whose islands propose in turn: as many candidates are outstanding as the evaluators take at once, and no
 * more. A search that has each result before it proposes needs fewer evaluations, and with one at a time the same seed gives
 * the same run.
 */
import type { IslandLedger } from "../ledger/island-ledger.ts";

type Island = Pick<IslandLedger, "nextBatch" | "outstanding" | "exhausted">;

/** @param credits how many candidates the evaluators take at once. @returns the most outstanding candidates of each island. */
export function windowsInTurn(islands: readonly Island[], credits: number): number[] {
  const windows = islands.map(({ outstanding }) => outstanding.size);
  let free = credits - windows.reduce((sum, size) => sum + size, 0);
  const turn = islands.reduce((sum, { nextBatch }) => sum + nextBatch, 0);
  const inOrder = islands.map((_, at) => (turn + at) % islands.length);
  // An island without proposals would keep the others waiting; where all have none, the run ends.
  const proposing = inOrder.filter((at) => !islands[at]?.exhausted);
  const order = proposing.length > 0 ? proposing : inOrder;
  for (let at = 0; free > 0; at = (at + 1) % order.length, free--) {
    const island = order[at] as number;
    windows[island] = (windows[island] as number) + 1;
  }
  return windows;
}
