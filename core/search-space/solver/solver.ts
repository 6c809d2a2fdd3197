/**
 * Finds the valid configurations of a space: as a list where they are few, as a decision diagram where rules share
 * enough, and by backtracking otherwise.
 */
import { UserError } from "../../errors/user-error.ts";
import { labelledRandom, type Random } from "../../random/random.ts";
import type { Constraint } from "../constraint.ts";
import type { SpaceParameter } from "../parameter.ts";
import { openBacktracker } from "./backtrack.ts";
import { openDiagram } from "./decision-diagram.ts";
import { orderOf } from "./order.ts";
import { walkFrom } from "./walk.ts";

/** Assignments tried before listing is given up; deciding a wide constraint costs many times as much as a table. */
const LISTING_STEPS = 6_000_000;
const WIDE_LISTING_STEPS = 200_000;
/** The most configurations that are listed. */
const MAX_LISTED = 1_000_000;
/** Most steps of a draw in all, then the space counts as empty; fewer where a walk from the default can replace it. */
const MAX_STEPS = 20_000_000;
const MAX_STEPS_WITH_START = 50_000;

export interface Solver {
  /** All valid configurations, lexicographic in the solver's order of parameters; null where there are too many. */
  readonly enumerated: (readonly number[])[] | null;
  /** Number of valid configurations: exact where `countError` is 0. */
  readonly count: number;
  /** Standard error of `count`. */
  readonly countError: number;
  sample(random: Random): readonly number[];
}

/**
 * @param start a valid configuration, where one is known.
 * @throws UserError when no configuration satisfies all constraints together.
 */
export function openSolver(
  parameters: readonly SpaceParameter[],
  constraints: readonly Constraint[],
  start: readonly number[] | null,
): Solver {
  const order = orderOf(parameters, constraints);
  const radices = parameters.map(({ values }) => values.length);
  const size = radices.reduce((product, radix) => product * radix, 1);
  const backtracker = openBacktracker(parameters, constraints, order);
  const texts = constraints.map(({ text }) => text).join("; ");
  const empty = () => new UserError(`no configuration satisfies all constraints together: ${texts}`, 2);

  if (size > MAX_LISTED) {
    if (constraints.length === 0) {
      const draw = (random: Random) => radices.map((radix) => random.integer(radix));
      return { enumerated: null, count: size, countError: 0, sample: draw };
    }
    const rules = constraints.flatMap((constraint) => constraint.rules);
    const diagram = openDiagram(radices, order, rules);
    if (diagram !== null) {
      if (diagram.count === 0n) throw empty();
      const enumerated = diagram.count <= MAX_LISTED ? diagram.list() : null;
      return { enumerated, count: Number(diagram.count), countError: 0, sample: diagram.sample };
    }
  }

  const listed: number[][] = [];
  const costly = size > MAX_LISTED && constraints.some(({ isWide }) => isWide);
  const steps = costly ? WIDE_LISTING_STEPS : LISTING_STEPS;
  const end = backtracker.list(steps, (genes) => listed.push([...genes]) > MAX_LISTED);
  if (end === "complete") {
    if (listed.length === 0) throw empty();
    return { enumerated: listed, count: listed.length, countError: 0, sample: (random) => random.choice(listed) };
  }
  const sample = (random: Random): readonly number[] => {
    const drawn = backtracker.draw(random, start === null ? MAX_STEPS : MAX_STEPS_WITH_START);
    if (drawn !== null) return drawn;
    if (start !== null) return walkFrom(start, parameters, constraints, random);
    throw new UserError(
      `found no configuration that satisfies all constraints together: ${texts}; give the kernel a valid default as a start`,
      2,
    );
  };
  const random = labelledRandom("count of valid configurations");
  const { count, error } = backtracker.estimate(random);
  sample(random); // Refuses an empty space now rather than in the middle of a run.
  return { enumerated: null, count: Math.max(count, listed.length, 1), countError: error, sample };
}
