/** An objective other than the speedup: a field of a recorded space, or the value of a user's function. */
import { z } from "zod";

export const DIRECTIONS = ["minimize", "maximize"] as const;
export type Direction = (typeof DIRECTIONS)[number];

const measuredField = z.strictObject({
  /** As the recording names it, such as `GFLOP/s`. */
  name: z.string().min(1).max(100),
  direction: z.enum(DIRECTIONS),
  /** Null where the name says it. */
  unit: z.string().max(20).nullable(),
});
export type MeasuredField = z.infer<typeof measuredField>;

export const objective = measuredField.extend({
  /**
   * Distance between the best and the worst value, where some are zero or negative: fitness is then an exponential of
   * value / span. Null where all are positive: fitness is the value, or its inverse.
   */
  span: z.number().positive().nullable(),
  /** Nothing is known of the values beforehand, not even their sign: fitness is the value, or its negative. */
  any_sign: z.literal(true).optional(),
  /** A second field that is carried along, for the Pareto front. */
  beside: measuredField.nullable(),
});
export type Objective = z.infer<typeof objective>;

/** Larger is better; positive but for `any_sign`. @param value finite; positive where `span` is null and signs are known. */
export function fitnessOfValue(value: number, { direction, span, any_sign }: Objective): number {
  if (any_sign) return direction === "maximize" ? value : 0 - value;
  if (span !== null) return Math.exp((direction === "maximize" ? value : -value) / span);
  return direction === "maximize" ? value : 1 / value;
}

/** The value that has this fitness. */
export function valueOfFitness(fitness: number, { direction, span, any_sign }: Objective): number {
  if (any_sign) return direction === "maximize" ? fitness : 0 - fitness;
  if (span !== null) return Math.log(fitness) * span * (direction === "maximize" ? 1 : -1);
  return direction === "maximize" ? fitness : 1 / fitness;
}

/** Whether `a` is better than `b`. */
export function isBetter(a: number, b: number, { direction }: MeasuredField): boolean {
  return direction === "maximize" ? a > b : a < b;
}
