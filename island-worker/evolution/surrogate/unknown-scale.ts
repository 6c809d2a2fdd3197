/**
 * What the surrogate learns from where nothing is known of an objective's values beforehand. While all are positive, their
 * logarithms, as of times. Once one is not, the values themselves, divided by a power of two that is no less than their
 * range, so that a gain is a share of what was seen. The powers keep the division from changing with every result.
 */
import { type Objective, valueOfFitness } from "@kevo/proto/objective.ts";

/** Smaller is better. @param fitnesses null for what failed. */
export function learntValues(fitnesses: readonly (number | null)[], objective: Objective): (number | null)[] {
  const known = fitnesses.filter((fitness) => fitness !== null);
  const positive = known.every((fitness) => valueOfFitness(fitness, objective) > 0);
  const scale = positive ? 1 : scaleOf(known);
  return fitnesses.map((fitness) => {
    if (fitness === null) return null;
    if (!positive) return -fitness / scale;
    const value = valueOfFitness(fitness, objective);
    return -Math.log(objective.direction === "maximize" ? value : 1 / value);
  });
}

function scaleOf(values: readonly number[]): number {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const exponent = Math.ceil(Math.log2(most / 2 - least / 2)) + 1;
  // All alike, or nearly as far apart as numbers go.
  return Number.isFinite(exponent) ? 2 ** Math.min(1023, Math.max(-1022, exponent)) : 1;
}
