/** In which order a solver sets the parameters, and when each constraint can be checked. */
import type { Constraint } from "../constraint.ts";
import type { SpaceParameter } from "../parameter.ts";

/** Greedy: next the parameter that completes most constraints, then the one read by the most. */
export function orderOf(parameters: readonly SpaceParameter[], constraints: readonly Constraint[]): number[] {
  const order: number[] = [];
  const set = new Set<number>();
  while (order.length < parameters.length) {
    let best = -1;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < parameters.length; index++) {
      if (set.has(index)) continue;
      let score = 0;
      for (const { reads } of constraints) {
        if (!reads.includes(index)) continue;
        const missing = reads.filter((read) => read !== index && !set.has(read)).length;
        score += missing === 0 ? 1000 : 1 / missing;
      }
      if (score > bestScore) {
        best = index;
        bestScore = score;
      }
    }
    order.push(best);
    set.add(best);
  }
  return order;
}

/** For each depth the constraints whose last parameter is set there. One that reads nothing is due at the first. */
export function dueAt(order: readonly number[], constraints: readonly Constraint[]): Constraint[][] {
  const depthOf = new Map(order.map((index, depth) => [index, depth]));
  const due: Constraint[][] = order.map(() => []);
  for (const constraint of constraints) {
    const last = Math.max(0, ...constraint.reads.map((index) => depthOf.get(index) as number));
    (due[last] as Constraint[]).push(constraint);
  }
  return due;
}
