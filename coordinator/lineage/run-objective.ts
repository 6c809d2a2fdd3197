/** The objective of a run, as people read it. */
import { type MeasuredField, type Objective, valueOfFitness } from "@kevo/proto/objective.ts";
import { type RunSpec, runSpec } from "@kevo/proto/run.ts";

/** The speedup against the fastest baseline; in replay the time, or what the recording was tuned for. */
export type RunObjective = "speedup" | "time" | Objective;

export function runObjective({ backend, objective }: Pick<RunSpec, "backend" | "objective">): RunObjective {
  return objective ?? (backend === "replay" ? "time" : "speedup");
}

/** @param spec as the runs' table holds it. */
export function storedObjective(spec: string): RunObjective {
  return runObjective(runSpec.pick({ backend: true, objective: true }).parse(JSON.parse(spec)));
}

/** The best value of an objective, with names as in the final line of `coordinator start --json`. */
export interface ObjectiveValue {
  readonly name: string;
  readonly value: number;
  readonly unit: string | null;
  readonly direction: Objective["direction"];
}

export function objectiveValue({ name, unit, direction }: MeasuredField, value: number): ObjectiveValue {
  return { name, value, unit, direction };
}

/** @param fitness of a candidate in a run with this objective. */
export function objectiveOfFitness(objective: Objective, fitness: number): ObjectiveValue {
  return objectiveValue(objective, valueOfFitness(fitness, objective));
}
