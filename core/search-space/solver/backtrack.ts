/**
 * Sets parameters one after the other. A constraint is checked as soon as all it reads is set; one that reads many is
 * followed on the way, so that a hopeless beginning is left early.
 */
import type { Random } from "../../random/random.ts";
import type { Constraint } from "../constraint.ts";
import type { SpaceParameter } from "../parameter.ts";
import { dueAt } from "./order.ts";
import { type Rule, type RuleState, SATISFIED, VIOLATED } from "./rule.ts";

/** Steps of one random descent before it starts afresh, doubled each time. */
const DESCENT_STEPS = 500;
const DIVES = 1_000;

type SearchEnd = "complete" | "stopped" | "out of steps";

export interface Backtracker {
  /** Every valid configuration, lexicographic in `order`, until `found` returns true. */
  list(steps: number, found: (genes: readonly number[]) => boolean): SearchEnd;
  /** A random valid configuration, not a uniform one; null where `steps` did not find any. */
  draw(random: Random, steps: number): readonly number[] | null;
  /**
   * Estimated number of valid configurations and its standard error (Knuth, Estimating the efficiency of backtrack
   * programs, 1975).
   */
  estimate(random: Random): { count: number; error: number };
}

/** @param order positions of the parameters, in the order in which they are set. */
export function openBacktracker(
  parameters: readonly SpaceParameter[],
  constraints: readonly Constraint[],
  order: readonly number[],
): Backtracker {
  const radices = order.map((index) => (parameters[index] as SpaceParameter).values.length);
  const ascending = radices.map((radix) => Array.from({ length: radix }, (_, value) => value));
  const due = dueAt(order, constraints);
  const wide = constraints.filter(({ isWide }) => isWide).flatMap(({ rules }) => rules);
  const advance = followed(wide, order);
  const start: States = wide.map((rule) => rule.track(order).start);

  /** The states of the wide rules with this gene set; null where a constraint is broken. */
  const set = (depth: number, genes: number[], gene: number, states: States): States | null => {
    genes[order[depth] as number] = gene;
    if (!(due[depth] as Constraint[]).every((constraint) => constraint.holds(genes))) return null;
    return advance(depth, gene, states);
  };

  function search(
    valuesAt: (depth: number) => readonly number[],
    steps: number,
    found: (genes: readonly number[]) => boolean,
  ): SearchEnd {
    const genes = new Array<number>(order.length).fill(0);
    let left = steps;
    const descend = (depth: number, states: States): SearchEnd => {
      if (depth === order.length) return found(genes) ? "stopped" : "complete";
      for (const gene of valuesAt(depth)) {
        if (--left < 0) return "out of steps";
        const next = set(depth, genes, gene, states);
        if (next === null) continue;
        const end = descend(depth + 1, next);
        if (end !== "complete") return end;
      }
      return "complete";
    };
    return descend(0, start);
  }

  return {
    list: (steps, found) => search((depth) => ascending[depth] as number[], steps, found),
    draw: (random, most) => {
      let drawn: readonly number[] | null = null;
      for (let steps = DESCENT_STEPS; steps <= most; steps *= 2) {
        const shuffled = (depth: number) => random.shuffle([...(ascending[depth] as number[])]);
        const end = search(shuffled, steps, (genes) => {
          drawn = [...genes];
          return true;
        });
        if (drawn !== null) return drawn;
        if (end === "complete") return null;
      }
      return null;
    },
    estimate: (random) => {
      const weights = Array.from({ length: DIVES }, () => {
        const genes = new Array<number>(order.length).fill(0);
        let states: States = start;
        let weight = 1;
        for (let depth = 0; depth < order.length && weight > 0; depth++) {
          const left = (ascending[depth] as number[]).flatMap((gene) => {
            const next = set(depth, genes, gene, states);
            return next === null ? [] : [{ gene, next }];
          });
          weight *= left.length;
          if (left.length === 0) break;
          const { gene, next } = random.choice(left);
          genes[order[depth] as number] = gene;
          states = next;
        }
        return weight;
      });
      const mean = weights.reduce((sum, weight) => sum + weight, 0) / DIVES;
      const variance = weights.reduce((sum, weight) => sum + (weight - mean) ** 2, 0) / (DIVES - 1);
      return { count: Math.round(mean), error: Math.sqrt(variance / DIVES) };
    },
  };
}

type States = readonly (RuleState | typeof SATISFIED)[];

/** Advances the rules that read the parameter of a depth. */
function followed(rules: readonly Rule[], order: readonly number[]) {
  const trackers = rules.map((rule) => rule.track(order));
  const readers = order.map((parameter) => rules.flatMap(({ reads }, at) => (reads.includes(parameter) ? [at] : [])));
  return (depth: number, gene: number, states: States): States | null => {
    const reading = readers[depth] as number[];
    if (reading.length === 0) return states;
    const next = [...states];
    for (const at of reading) {
      const before = states[at] as RuleState | typeof SATISFIED;
      if (before === SATISFIED) continue;
      const after = trackers[at]?.step(before, order[depth] as number, gene) ?? VIOLATED;
      if (after === VIOLATED) return null;
      next[at] = after;
    }
    return next;
  };
}
