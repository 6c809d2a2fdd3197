/** Valid configurations near a known one, for spaces in which none can be found from nothing. */
import type { Random } from "../../random/random.ts";
import type { Constraint } from "../constraint.ts";
import type { SpaceParameter } from "../parameter.ts";

/** Accepted moves of one walk, and tries in all. */
const MOVES = 30;
const TRIES = 2_000;

/**
 * A random walk from `start`, a valid configuration. A step changes one parameter or two at once, since an equality
 * such as `A * B == 64` allows no single change.
 */
export function walkFrom(
  start: readonly number[],
  parameters: readonly SpaceParameter[],
  constraints: readonly Constraint[],
  random: Random,
): readonly number[] {
  const genes = [...start];
  let moves = 0;
  for (let tries = 0; tries < TRIES && moves < MOVES; tries++) {
    const changed = random.shuffle(parameters.map((_, index) => index)).slice(0, 1 + random.integer(2));
    const before = changed.map((index) => genes[index] as number);
    for (const index of changed) genes[index] = random.integer((parameters[index] as SpaceParameter).values.length);
    if (constraints.every((constraint) => constraint.holds(genes))) moves++;
    else for (const [at, index] of changed.entries()) genes[index] = before[at] as number;
  }
  return genes;
}
