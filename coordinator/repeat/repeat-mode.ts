/** A repetition: island-workers propose again, and every answer and outcome is the recorded one. */

import type { LineageDatabase } from "../lineage/database.ts";
import { recordedCall } from "../lineage/queries/calls.ts";
import { describeFailedFinalist } from "../lineage/queries/finalists.ts";
import type { RunMode } from "../run/mode.ts";
import type { RecordedRun } from "./recorded-run.ts";

export function repeatMode(db: LineageDatabase, recorded: RecordedRun): RunMode {
  return {
    working: `repeating ${recorded.run}`,
    needsEvaluators: false,
    needsWorkers: true,
    limit: recorded.evaluations,
    recordedCalls: (hash, index) => recordedCall(db, recorded.run, hash, index),
    begin: async () => {},
    evaluate: ({ ledger, fail }, candidates) => {
      try {
        for (const candidate of candidates) ledger.settle(recorded.evaluationOf(candidate), null).catch(fail);
      } catch (error) {
        fail(error);
      }
    },
    wake: () => {},
    remeasureFinalists: async ({ ledger }) => {
      for (const { candidate, round, measurements } of recorded.remeasurements()) {
        await ledger.remeasured(candidate, round, measurements);
      }
      for (const failed of recorded.failedFinalists()) {
        await ledger.event("finalist_failed", describeFailedFinalist(failed), failed);
      }
      return "remeasured";
    },
    close: () => {},
  };
}
