/**
 * The model of validity: the chance that a configuration compiles and runs, as the share of successes among what
 * was evaluated near it (kernel regression). Unknown ground counts as valid, so nothing is avoided without a reason.
 */
import type { Coordinate } from "./coordinates.ts";
import { covarianceOf, type KernelShape, type KernelTables } from "./kernel.ts";
import type { Observation } from "./observation.ts";

/** How fast nearness falls with the squared distance of ordered levels, and with a differing unordered one. */
const ORDERED_FALL = 8;
const UNORDERED_FALL = 3;
/** Weight of the belief that everything works. */
const TRUST = 0.3;

/** Chance in (0, 1] of an `ok` for a row of codes. */
export type Validity = (codes: Uint8Array) => number;

export function validityOf(shape: KernelShape, observations: readonly Observation[]): Validity {
  if (observations.every(({ value }) => value !== null)) return () => 1;
  const tables = nearness(shape.coordinates);
  return (codes) => {
    let failed = 0;
    let all = TRUST;
    for (const observation of observations) {
      const near = covarianceOf(shape, tables, observation.codes, codes);
      all += near;
      if (observation.value === null) failed += near;
    }
    return 1 - failed / all;
  };
}

function nearness(coordinates: readonly Coordinate[]): KernelTables {
  return coordinates.map(({ levels, position }) => {
    const table = new Float64Array(levels * levels);
    for (let a = 0; a < levels; a++) {
      for (let b = 0; b < levels; b++) {
        const distance = position === null ? 0 : (position[a] as number) - (position[b] as number);
        const fall = position === null ? Number(a !== b) * UNORDERED_FALL : distance * distance * ORDERED_FALL;
        table[a * levels + b] = Math.exp(-fall);
      }
    }
    return table;
  });
}
