/**
 * The constraint solver: parameters are set one after the other, and a constraint is checked as soon as all it
 * reads is set, so that a hopeless beginning is left early. It lists every valid configuration where there are
 * few enough, and otherwise draws random ones and estimates their number (Knuth, Estimating the efficiency of
 * backtrack programs, 1975).
 */
import { UserError } from "../errors/user-error.ts";
import { labelledRandom, type Random } from "../random/random.ts";
import type { Constraint } from "./constraint.ts";
import type { SpaceParameter } from "./parameter.ts";

/** Assignments tried before listing is given up, and the most configurations that are listed. */
const LISTING_STEPS = 6_000_000;
const MAX_LISTED = 1_000_000;
/** Steps of one random descent before it starts afresh, doubled each time. */
const DESCENT_STEPS = 500;
/** Most steps of a draw in all, then the space counts as empty. */
const MAX_STEPS = 20_000_000;
const DIVES = 2_000;

export interface Backtracker {
  /** All valid configurations, lexicographic in the solver's order of parameters; null where there are too many. */
  readonly enumerated: (readonly number[])[] | null;
  /** Estimated number of valid configurations. */
  readonly estimate: number;
  sample(random: Random): readonly number[];
}

/** @throws UserError when no configuration satisfies all constraints together. */
export function openBacktracker(
  parameters: readonly SpaceParameter[],
  constraints: readonly Constraint[],
): Backtracker {
  const order = orderOf(parameters, constraints);
  const radices = order.map((index) => (parameters[index] as SpaceParameter).values.length);
  const due = dueAt(order, constraints);
  const holdsAt = (depth: number, genes: ArrayLike<number>) =>
    (due[depth] as Constraint[]).every((constraint) => constraint.holds(genes));

  /** Depth-first over all values, each level in the order that `valuesAt` gives. Stops when `found` says so. */
  function search(
    valuesAt: (depth: number) => readonly number[],
    steps: number,
    found: (genes: number[]) => boolean,
  ): "complete" | "stopped" | "out of steps" {
    const genes = new Array<number>(order.length).fill(0);
    let left = steps;
    const descend = (depth: number): "complete" | "stopped" | "out of steps" => {
      if (depth === order.length) return found(genes) ? "stopped" : "complete";
      for (const value of valuesAt(depth)) {
        if (--left < 0) return "out of steps";
        genes[order[depth] as number] = value;
        if (!holdsAt(depth, genes)) continue;
        const end = descend(depth + 1);
        if (end !== "complete") return end;
      }
      return "complete";
    };
    return descend(0);
  }

  const ascending = radices.map((radix) => Array.from({ length: radix }, (_, value) => value));
  const size = radices.reduce((product, radix) => product * radix, 1);
  const listed: number[][] = [];
  // Without constraints everything is valid, so a large product need not be walked to learn that.
  const end =
    constraints.length === 0 && size > MAX_LISTED
      ? "stopped"
      : search(
          (depth) => ascending[depth] as number[],
          LISTING_STEPS,
          (genes) => listed.push([...genes]) > MAX_LISTED,
        );
  if (end === "complete" && listed.length === 0) {
    throw new UserError(
      `no configuration satisfies all constraints together: ${constraints.map((c) => c.text).join("; ")}`,
      2,
    );
  }

  const sample = (random: Random): readonly number[] => {
    let drawn: readonly number[] | null = null;
    for (let steps = DESCENT_STEPS; steps <= MAX_STEPS; steps *= 2) {
      const end = search(
        (depth) => random.shuffle([...(ascending[depth] as number[])]),
        steps,
        (genes) => {
          drawn = [...genes];
          return true;
        },
      );
      if (drawn !== null) return drawn;
      if (end === "complete") break;
    }
    throw new UserError(
      `found no configuration that satisfies all constraints together: ${constraints.map((c) => c.text).join("; ")}`,
      2,
    );
  };

  if (end === "complete") return { enumerated: listed, estimate: listed.length, sample };
  const random = labelledRandom("count of valid configurations");
  const estimate = constraints.length === 0 ? size : dive(radices, order, holdsAt, random);
  if (constraints.length > 0) sample(random); // Refuses an empty space now rather than in the middle of a run.
  return { enumerated: null, estimate: Math.max(estimate, listed.length, 1), sample };
}

/** Mean over random descents of the product of the numbers of values left at each level. */
function dive(
  radices: readonly number[],
  order: readonly number[],
  holdsAt: (depth: number, genes: ArrayLike<number>) => boolean,
  random: Random,
): number {
  let sum = 0;
  for (let at = 0; at < DIVES; at++) {
    const genes = new Array<number>(order.length).fill(0);
    let weight = 1;
    for (let depth = 0; depth < order.length && weight > 0; depth++) {
      const left: number[] = [];
      for (let value = 0; value < (radices[depth] as number); value++) {
        genes[order[depth] as number] = value;
        if (holdsAt(depth, genes)) left.push(value);
      }
      weight *= left.length;
      if (left.length > 0) genes[order[depth] as number] = random.choice(left);
    }
    sum += weight;
  }
  return Math.round(sum / DIVES);
}

/** Greedy: next the parameter that completes most constraints, then the one read by the most. */
function orderOf(parameters: readonly SpaceParameter[], constraints: readonly Constraint[]): number[] {
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
function dueAt(order: readonly number[], constraints: readonly Constraint[]): Constraint[][] {
  const depthOf = new Map(order.map((index, depth) => [index, depth]));
  const due: Constraint[][] = order.map(() => []);
  for (const constraint of constraints) {
    const last = Math.max(0, ...constraint.reads.map((index) => depthOf.get(index) as number));
    (due[last] as Constraint[]).push(constraint);
  }
  return due;
}
