/** The best of a run, or of one of its islands, at a position. */
import type { Best } from "../../contract/runs.ts";
import type { RunView } from "../../model/run-view.ts";
import { singles } from "./measured.ts";
import type { Reader } from "./reader.ts";
import type { RunReader } from "./run-reader.ts";

/** By single evaluations: finalists are measured again after the last one. */
export function bestAt(reader: Reader, run: RunReader, view: RunView, row = view.best()): Best | null {
  if (row === null) return null;
  const measured = singles(reader, run, view, [row]).get(row);
  if (measured === undefined) return null;
  const { table } = view;
  const time = table.timeMs.get(table.answer.get(row));
  return {
    ...measured,
    candidate: table.idOf(row),
    time_ms: Number.isNaN(time) ? null : time,
    proposer: table.proposerOf(row),
    island: table.island.get(row),
    batch: table.batch.get(row),
    evaluation: table.evaluation.get(table.answer.get(row)),
    rounds: view.now ? (run.rounds.get(table.idOf(row)) ?? 0) : 0,
  };
}
