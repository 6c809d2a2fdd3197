/** The data that the state gives the ledger to store, and from which it is rebuilt. Plain data. */
import type { MeasurementConditions } from "@kevo/proto/event.ts";
import type { KernelResources } from "@kevo/proto/kernel-resources.ts";
import type { Candidate, LogEntry } from "@kevo/proto/log.ts";
import type { Outcome, ReportedMeasurement } from "@kevo/proto/outcome.ts";

/** A candidate as it was accepted. */
export interface AcceptedCandidate extends Candidate {
  readonly island: number;
  readonly batch: number;
  /** The evaluation of this candidate answers it; null when it needs its own evaluation. */
  readonly answeredBy: string | null;
}

/** The counted outcome of a candidate, as the evaluator reported it. */
export interface EvaluationRecord {
  readonly candidate: string;
  readonly attempt: number;
  readonly outcome: Outcome;
  readonly message: string | null;
  readonly measurements: readonly ReportedMeasurement[];
  readonly evaluator: string | null;
  readonly device: string | null;
  readonly deviceModel: string | null;
  readonly toolchain: string | null;
  readonly compileMs: number | null;
  readonly laneMs: number | null;
  readonly queuedMs: number | null;
  readonly resources: readonly KernelResources[];
  readonly stoppedEarly: boolean;
  /** The conditions of the measurement; not kept with the evaluation. */
  readonly conditions?: MeasurementConditions | null;
}

/** The writes of one accepting or settling step, all in one transaction. */
export interface Effects {
  readonly candidates: readonly AcceptedCandidate[];
  readonly entries: readonly LogEntry[];
  /** Evolved sources that the run did not know. */
  readonly evolvedSources: readonly EvolvedSource[];
  /** Accepted candidates that now need a device. */
  readonly ready: readonly AcceptedCandidate[];
}

/** The whole code of a kernel whose region was rewritten, by its SHA-256. */
export interface EvolvedSource {
  readonly hash: string;
  readonly text: string;
}

export const NOTHING: Effects = { candidates: [], entries: [], evolvedSources: [], ready: [] };

export function join(effects: readonly Effects[]): Effects {
  return {
    candidates: effects.flatMap((e) => e.candidates),
    entries: effects.flatMap((e) => e.entries),
    evolvedSources: effects.flatMap((e) => e.evolvedSources),
    ready: effects.flatMap((e) => e.ready),
  };
}
