/** A person's view of a run at one moment. Plain data: from the coordinator's memory, or in `watch` from the database. */

import type { Outcome } from "@kevo/proto/outcome.ts";
import type { FleetFigures } from "../fleet/figures.ts";
import type { RunObjective } from "../lineage/run-objective.ts";

export interface IslandSnapshot {
  readonly island: number;
  /** Description of the workloads or the device model that it is limited to; empty without a limit. */
  readonly niche: string;
  readonly worker: string | null;
  readonly batches: number;
  readonly evaluated: number;
  readonly outstanding: number;
  /** Fitness of its best: geometric-mean speedup, or in replay 1 / time_ms. */
  readonly bestFitness: number | null;
  readonly bestTimeMs: number | null;
  /** 0 to 1; null when not known. */
  readonly diversity: number | null;
  readonly exhausted: boolean;
}

export interface EvaluatorSnapshot {
  readonly id: string;
  readonly address: string;
  readonly state: "serving" | "draining" | "reserve" | "lost" | "disconnected" | "unusable";
  readonly credits: number;
  readonly inFlight: number;
  readonly devices: readonly {
    readonly id: string;
    readonly model: string;
    readonly state: string;
    readonly busyShare: number | null;
  }[];
}

export interface RunSnapshot {
  readonly run: string;
  readonly kernel: string;
  readonly backend: string;
  /** The activity of the run: waiting for evaluators, evolving, re-measuring finalists, or how it ended. */
  readonly phase: string;
  /** The reason for waiting, and how much longer it waits. */
  readonly waiting?: string | null;
  /** The causes of noisy times on the coordinator's machine. */
  readonly busy?: string | null;
  readonly objective: RunObjective;
  readonly elapsedS: number;
  /** Estimated from the last half minute; null when not known. */
  readonly remainingS: number | null;
  /** Evaluations that the run can come to: its budget, or the whole of a smaller space; null where only the clock limits it. */
  readonly budget: number | null;
  readonly evaluated: number;
  readonly cached: number;
  readonly perSecond: number | null;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly best: {
    readonly candidate: string;
    readonly fitness: number;
    readonly timeMs: number | null;
    readonly speedup: number | null;
    readonly proposer: string;
    readonly config: string;
  } | null;
  readonly islands: readonly IslandSnapshot[];
  readonly evaluators: readonly EvaluatorSnapshot[];
  /** What an autoscaler needs; null where only the database is known. */
  readonly fleet?: FleetFigures | null;
}
