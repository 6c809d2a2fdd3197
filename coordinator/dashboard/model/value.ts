/** A run's fitness as the value that people read, and back. */
import { fitnessOfValue, valueOfFitness } from "@kevo/proto/objective.ts";
import type { RunObjective } from "../../lineage/run-objective.ts";
import type { Objective } from "../contract/common.ts";

export interface Values {
  readonly objective: Objective;
  /** @param fitness NaN gives null. */
  of(fitness: number): number | null;
  fitness(value: number): number;
}

export function valuesOf(objective: RunObjective): Values {
  if (objective === "speedup") {
    return {
      objective: { name: "speedup", unit: "×", direction: "maximize", against: "the fastest baseline" },
      of: known((fitness) => fitness),
      fitness: (value) => value,
    };
  }
  if (objective === "time") {
    return {
      objective: { name: "time", unit: "ms", direction: "minimize", against: null },
      of: known((fitness) => 1 / fitness),
      fitness: (value) => 1 / value,
    };
  }
  const { name, unit, direction } = objective;
  return {
    objective: { name, unit, direction, against: null },
    of: known((fitness) => valueOfFitness(fitness, objective)),
    fitness: (value) => fitnessOfValue(value, objective),
  };
}

function known(of: (fitness: number) => number): (fitness: number) => number | null {
  return (fitness) => (Number.isNaN(fitness) ? null : of(fitness));
}
