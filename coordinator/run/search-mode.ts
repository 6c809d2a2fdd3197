/** A search: island-workers propose, evaluators measure, and the finalists are measured again. */
import { describeFailedFinalist } from "../lineage/queries/finalists.ts";
import { remeasureFinalists } from "./finalists.ts";
import type { RunMode } from "./mode.ts";

export function searchMode(): RunMode {
  return {
    working: "evolving",
    needsEvaluators: true,
    needsWorkers: true,
    limit: undefined,
    recordedCalls: () => null,
    begin: async () => {},
    evaluate: ({ dispatcher }, candidates) => dispatcher.add(candidates),
    wake: () => {},
    remeasureFinalists: (run) =>
      remeasureFinalists({
        ...run,
        onFailed: (failed) => run.note("finalist_failed", describeFailedFinalist(failed), failed),
      }),
    close: () => {},
  };
}
