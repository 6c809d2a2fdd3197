/** The stages of an attempt, in their order: evaluator.proto's names, which the lineage stores. */
import type { Stage__Output } from "./generated/kevo/v1/Stage.ts";

export type StageName = Stage__Output;

/** Those in which the candidate has the device. */
export const LANE_STAGES = ["VERIFYING", "TIMING"] as const satisfies readonly StageName[];

export const isInLane = (stage: StageName): boolean => (LANE_STAGES as readonly StageName[]).includes(stage);
