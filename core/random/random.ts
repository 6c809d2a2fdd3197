/**
 * Randomness that can be repeated: a generator is drawn from (seed, island, k) and a purpose, never from the
 * clock. Two purposes of the same batch are independent, so adding a draw to one does not move the other.
 * Generator: xoroshiro128+ (Blackman, Vigna) from pure-rand, its state the SHA-256 of the label.
 */
import { createHash } from "node:crypto";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

export interface Random {
  /** In [0, 1). */
  uniform(): number;
  /** Whole number in [0, bound). @throws RangeError when bound is below 1. */
  integer(bound: number): number;
  /** @throws RangeError on an empty list. */
  choice<T>(items: readonly T[]): T;
  /** Uniform order (Fisher-Yates), in place; returns the same array. */
  shuffle<T>(items: T[]): T[];
  /** Index drawn with probability proportional to its weight; uniform when no weight is positive. */
  weighted(weights: readonly number[]): number;
  /** Mean 0, standard deviation 1 (Box-Muller). */
  normal(): number;
}

/** A generator for one purpose of batch k of an island. */
export function islandRandom(seed: number, island: number, k: number, purpose: string): Random {
  return labelledRandom(`${seed}/${island}/${k}/${purpose}`);
}

/** A generator whose whole stream is fixed by the label. */
export function labelledRandom(label: string): Random {
  const digest = createHash("sha256").update(label).digest();
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => digest.readInt32LE(offset)));
  const uniform = () => uniformFloat64(generator);
  const integer = (bound: number) => {
    if (!(bound >= 1)) throw new RangeError(`cannot draw an integer below ${bound}`);
    return uniformInt(generator, 0, bound - 1);
  };
  return {
    uniform,
    integer,
    choice: <T>(items: readonly T[]) => items[integer(items.length)] as T,
    shuffle: <T>(items: T[]) => {
      for (let last = items.length - 1; last > 0; last--) {
        const other = integer(last + 1);
        const kept = items[last] as T;
        items[last] = items[other] as T;
        items[other] = kept;
      }
      return items;
    },
    weighted: (weights) => {
      const total = weights.reduce((sum, weight) => sum + Math.max(weight, 0), 0);
      if (!(total > 0)) return integer(weights.length);
      let left = uniform() * total;
      for (const [index, weight] of weights.entries()) {
        left -= Math.max(weight, 0);
        if (left < 0) return index;
      }
      return weights.findLastIndex((weight) => weight > 0);
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}
