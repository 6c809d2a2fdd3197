/** An attempt to evaluate a candidate: its stages and how it ends. The lineage stores both. */
import type { Stage__Output } from "./generated/kevo/v1/Stage.ts";

/** In this order: QUEUED, COMPILING, VERIFYING, TIMING. */
export type StageName = Stage__Output;

/** Those in which the candidate has the device. */
export const LANE_STAGES = ["VERIFYING", "TIMING"] as const satisfies readonly StageName[];

/** All but `result` cost no budget, and the candidate is tried again. */
export const ATTEMPT_ENDS = ["result", "evaluator_lost", "refused", "coordinator_lost", "cancelled"] as const;
export type AttemptEnd = (typeof ATTEMPT_ENDS)[number];
