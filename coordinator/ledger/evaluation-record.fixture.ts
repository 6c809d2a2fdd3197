/** For tests: the evaluation of a candidate that succeeded, on the workload "w", without a baseline. */
import type { EvaluationRecord } from "./records.ts";

export function recordOf(candidate: string, time = 1): EvaluationRecord {
  return {
    candidate,
    attempt: 1,
    outcome: "ok",
    message: null,
    measurements: [
      {
        workload: "w",
        time_ms: time,
        baseline_ms: null,
        baseline: null,
        speedup: null,
        speedup_low: null,
        speedup_high: null,
        gflops: null,
        peak_share: null,
        gbytes_per_s: null,
        bandwidth_share: null,
        bandwidth_of: null,
        error: null,
        samples: [],
        others: {},
        metrics: {},
      },
    ],
    evaluator: "e",
    device: "d",
    deviceModel: "m",
    toolchain: "t",
    compileMs: 0,
    laneMs: 0,
    queuedMs: 0,
    resources: [],
    stoppedEarly: false,
  };
}
