/**
 * The surrogate's view of a configuration: a short row of small codes. All assumptions about GPU kernels in general are
 * here: sizes matter by rank and by ratio, and some code paths only by the power of two that divides them (warps,
 * banks, vector widths).
 */

import type { SpaceParameter } from "@kevo/core/search-space/parameter.ts";
import type { SearchSpace } from "@kevo/core/search-space/search-space.ts";

export interface Coordinate {
  readonly levels: number;
  /** Place of each level in [0, 1]; null where levels have no order. */
  readonly position: Float64Array | null;
  /** Scaled exponent of the power of two that divides each level, where that is not just another order; else null. */
  readonly alignment: Float64Array | null;
}

export interface Coordinates {
  readonly list: readonly Coordinate[];
  /** One code for each coordinate, below its number of levels. */
  codesOf(genes: readonly number[]): Uint8Array;
}

/** Longer ranges are binned; a covariance table has the square of this many entries. */
const MAX_LEVELS = 64;
const MAX_ALIGNMENT = 8;

export function openCoordinates(space: Pick<SearchSpace, "parameters">): Coordinates {
  const list: Coordinate[] = [];
  const readers: ((genes: readonly number[]) => number)[] = [];
  for (const [at, parameter] of space.parameters.entries()) {
    if (parameter.values.length < 2) continue;
    if (parameter.type === "permutation") {
      // One coordinate for each item: its position.
      const items = parameter.values[0] as (number | string)[];
      for (const item of items) {
        list.push({ levels: items.length, position: ramp(items.length), alignment: null });
        readers.push((genes) => (parameter.values[genes[at] as number] as (number | string)[]).indexOf(item));
      }
      continue;
    }
    const { coordinate, binOf } = coordinateOf(parameter);
    list.push(coordinate);
    readers.push((genes) => binOf(genes[at] as number));
  }
  return { list, codesOf: (genes) => Uint8Array.from(readers, (read) => read(genes)) };
}

function coordinateOf(parameter: SpaceParameter): { coordinate: Coordinate; binOf: (gene: number) => number } {
  const count = parameter.values.length;
  const levels = Math.min(count, MAX_LEVELS);
  const binOf = count <= MAX_LEVELS ? (gene: number) => gene : (gene: number) => Math.floor((gene * levels) / count);
  const numbers = parameter.values.filter((value) => typeof value === "number");
  const position = parameter.ordered && levels > 2 ? placesOf(numbers, count, levels) : null;
  const alignment = position !== null && count <= MAX_LEVELS ? alignmentOf(numbers, count) : null;
  return { coordinate: { levels, position, alignment }, binOf };
}

/** Mean of rank and logarithm: even steps where values double, and something between where they do not. */
function placesOf(numbers: readonly number[], count: number, levels: number): Float64Array {
  const rank = ramp(levels);
  const low = numbers[0] as number;
  const high = numbers.at(-1) as number;
  if (numbers.length < count || count > MAX_LEVELS || low <= 0 || high <= low) return rank;
  return rank.map((place, level) => (place + Math.log((numbers[level] as number) / low) / Math.log(high / low)) / 2);
}

function alignmentOf(numbers: readonly number[], count: number): Float64Array | null {
  if (numbers.length < count || count < 4 || !numbers.every(Number.isInteger)) return null;
  const exponents = numbers.map((value) => {
    let exponent = 0;
    for (let left = Math.abs(value); left > 0 && left % 2 === 0 && exponent < MAX_ALIGNMENT; left /= 2) exponent++;
    return exponent;
  });
  // For powers of two it says nothing that the order does not say.
  if (exponents.every((exponent, at) => at === 0 || exponent > (exponents[at - 1] as number))) return null;
  const low = Math.min(...exponents);
  const high = Math.max(...exponents);
  return high === low ? null : Float64Array.from(exponents, (exponent) => (exponent - low) / (high - low));
}

function ramp(levels: number): Float64Array {
  return Float64Array.from({ length: levels }, (_, level) => level / (levels - 1));
}
