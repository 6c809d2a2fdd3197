import { labelledRandom } from "@kevo/core/random/random.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { admit, diversity, type Member, POPULATION_SIZE, select } from "./population.ts";

const members = fc.array(
  fc.record({ genes: fc.array(fc.nat(5), { minLength: 4, maxLength: 4 }), fitness: fc.integer({ min: 1, max: 1000 }) }),
  { minLength: 1, maxLength: 80 },
);

it("holds distinct genomes best first, never more than its size, and never loses the best", () => {
  fc.assert(
    fc.property(members, (newcomers) => {
      let population: readonly Member[] = [];
      let best = 0;
      for (const [at, { genes, fitness }] of newcomers.entries()) {
        const genome = genes.join(",");
        if (!population.some((member) => member.genome === genome)) best = Math.max(best, fitness);
        population = admit(population, { candidate: `r/0/0/${at}`, genome, genes, source: null, fitness });
        expect(population.length).toBeLessThanOrEqual(POPULATION_SIZE);
        expect(population[0]?.fitness).toBe(best);
      }
      expect(new Set(population.map(({ genome }) => genome)).size).toBe(population.length);
      const order = population.map(({ fitness }) => fitness);
      expect(order).toEqual(order.toSorted((a, b) => b - a));
      expect(diversity(population)).toBeGreaterThanOrEqual(0);
      expect(diversity(population)).toBeLessThanOrEqual(1);
    }),
  );
});

it("prefers the better ones as parents", () => {
  const population = Array.from({ length: 20 }, (_, at) => ({
    candidate: `r/0/0/${at}`,
    genome: String(at),
    genes: [at],
    source: null,
    fitness: 20 - at,
  }));
  const random = labelledRandom("test");
  const drawn = Array.from({ length: 400 }, () => population.indexOf(select(population, random) as never));
  const better = drawn.filter((at) => at < 10).length;
  expect(better).toBeGreaterThan(300);
});
