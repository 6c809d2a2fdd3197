/**
 * A run searches, records or repeats. The controller does the common work; a mode decides which part proposes, where
 * outcomes come from, and which candidates are measured again at the end.
 */
import type { DataArgument, EventKind } from "@kevo/proto/event.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { AcceptedCandidate } from "../ledger/records.ts";
import type { LineageDatabase } from "../lineage/database.ts";
import type { Leases } from "./leases.ts";
import type { RecordedCalls } from "./model-endpoint.ts";

/** The parts of a run that a mode acts on. */
export interface RunParts {
  readonly spec: RunSpec;
  readonly db: LineageDatabase;
  readonly ledger: Ledger;
  readonly dispatcher: Dispatcher;
  /** How many candidates each island may have outstanding now. */
  readonly windows: () => readonly number[];
  readonly interrupted: AbortSignal;
  /** Tells people what the run is doing. */
  readonly onPhase: (phase: string) => void;
  /** Tells people something, and stores it as an event. */
  readonly note: <K extends EventKind>(kind: K, message: string, ...data: DataArgument<K>) => void;
  /** The run cannot continue. */
  readonly fail: (error: unknown) => void;
}

export interface RunMode {
  /** The activity of the run while there is no obstacle, for people. */
  readonly working: string;
  /** Whether evaluators measure the candidates. Otherwise their outcomes are known already. */
  readonly needsEvaluators: boolean;
  /** Whether island-workers propose the candidates. */
  readonly needsWorkers: boolean;
  /** Evaluations after which the run is over though its budget is not spent; undefined for the budget. */
  readonly limit: number | undefined;
  /** Answers to models' questions that are known already. */
  readonly recordedCalls: RecordedCalls;
  /** Takes what it needs before any worker can. */
  begin(run: RunParts, leases: Leases): Promise<void>;
  /** Candidates that need an outcome, in order. */
  evaluate(run: RunParts, candidates: readonly AcceptedCandidate[]): void;
  /** The ledger or the windows have changed. */
  wake(): void;
  /** Measures the finalists again. */
  remeasureFinalists(run: RunParts): Promise<"remeasured" | "interrupted">;
  close(): void;
}
