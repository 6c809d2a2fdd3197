import fc from "fast-check";
import { expect, it } from "vitest";
import { islandRandom } from "./random.ts";

const draws = (...key: Parameters<typeof islandRandom>) => {
  const random = islandRandom(...key);
  return Array.from({ length: 8 }, () => random.uniform());
};

it("repeats a stream from (seed, island, k, purpose) and nothing else", () => {
  expect(draws(7, 1, 2, "crossover")).toEqual(draws(7, 1, 2, "crossover"));
  for (const other of [draws(8, 1, 2, "crossover"), draws(7, 2, 1, "crossover"), draws(7, 1, 2, "mutation")]) {
    expect(other).not.toEqual(draws(7, 1, 2, "crossover"));
  }
});

it("draws within bounds", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 1000 }), (seed, bound) => {
      const random = islandRandom(seed, 0, 0, "test");
      const whole = random.integer(bound);
      expect(Number.isInteger(whole) && whole >= 0 && whole < bound).toBe(true);
      const items = Array.from({ length: bound % 20 }, (_, at) => at);
      expect(random.shuffle([...items]).toSorted((a, b) => a - b)).toEqual(items);
      expect(random.weighted([0, 3, 0])).toBe(1);
      expect([0, 1]).toContain(random.weighted([0, 0]));
      expect(Number.isFinite(random.normal())).toBe(true);
    }),
  );
});

it("draws by weight", () => {
  const random = islandRandom(1, 0, 0, "test");
  const counts = [0, 0, 0];
  for (let at = 0; at < 4000; at++) {
    const index = random.weighted([1, 2, 1]);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  expect((counts[1] ?? 0) / 4000).toBeCloseTo(0.5, 1);
});
