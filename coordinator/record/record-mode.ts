/** A recording: its configurations are known before, so it needs no island-workers; evaluators measure them all. */
import type { SearchSpaceDefinition } from "@kevo/proto/search-space.ts";
import type { RunMode } from "../run/mode.ts";
import { searchMode } from "../run/search-mode.ts";
import { type Fixed, planRecording } from "./plan.ts";
import { Recorder } from "./recorder.ts";

export function recordMode(definition: SearchSpaceDefinition, fixed: Fixed): RunMode {
  let recorder: Recorder | null = null;
  return {
    ...searchMode(),
    working: "recording",
    needsWorkers: false,
    begin: async ({ spec, ledger, windows, fail }, leases) => {
      const { configurations } = planRecording(definition, fixed, spec.seed, spec.evaluations);
      recorder = new Recorder(ledger, leases, configurations, () => windows()[0] ?? 0, fail);
      await recorder.begin();
    },
    wake: () => recorder?.wake(),
    close: () => recorder?.close(),
  };
}
