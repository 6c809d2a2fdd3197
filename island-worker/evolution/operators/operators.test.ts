import { labelledRandom } from "@kevo/core/random/random.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Member } from "../population/population.ts";
import { ridge } from "../ridge.fixture.ts";
import { crossover } from "./crossover.ts";
import { differentialEvolution } from "./differential-evolution.ts";
import { mutation } from "./mutation.ts";
import { untriedSamples } from "./random.ts";
import { spaceFilling } from "./seed.ts";

const conditional = openSpace({
  parameters: [
    { name: "KERNEL", type: "categorical", values: ["tiles", "groups"] },
    { name: "TILE", type: "ordinal", values: [16, 32, 64], activeWhen: 'KERNEL == "tiles"' },
    { name: "SPLIT", type: "integer", min: 0, max: 3, step: 1, activeWhen: 'KERNEL == "tiles"' },
    { name: "GROUPS", type: "ordinal", values: [2, 3, 4], activeWhen: 'KERNEL == "groups"' },
    { name: "STAGES", type: "ordinal", values: [2, 3, 4] },
  ],
  constraints: ["STAGES < 4 or SPLIT == 0"],
});

function populationOf(seed: number, size: number): Member[] {
  const random = labelledRandom(`population/${seed}`);
  return Array.from({ length: size }, (_, at) => {
    const genes = ridge.sample(random);
    return {
      candidate: `r/0/0/${at}`,
      genome: genes.join(),
      genes,
      source: at === 0 ? "abc" : null,
      fitness: size - at,
    };
  });
}

const OPERATORS = [
  ["crossover", crossover],
  ["differential evolution", differentialEvolution],
  [
    "mutation",
    (...[space, population, random, count]: Parameters<typeof crossover>) =>
      mutation(space, population, random, count, 30),
  ],
] as const;

describe("an operator", () => {
  it.each(OPERATORS)("produces valid children of known parents (%s)", (_, operator) => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 4, max: 24 }), (seed, size) => {
        const population = populationOf(seed, size);
        const offspring = operator(ridge, population, labelledRandom(`operator/${seed}`), 8);
        expect(offspring.length).toBeGreaterThan(0);
        for (const { genes, parents, source } of offspring) {
          expect(ridge.isValid(genes)).toBe(true);
          expect(parents?.length).toBeGreaterThan(0);
          const first = population.find(({ candidate }) => candidate === parents?.[0]);
          expect(source).toBe(first?.source);
        }
      }),
      { numRuns: 40 },
    );
  });

  it.each(OPERATORS)("yields canonical genomes only where parameters count under a condition (%s)", (_, operator) => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = labelledRandom(`conditional/${seed}`);
        const population = Array.from({ length: 12 }, (_, at): Member => {
          const genes = conditional.sampleVariants(random);
          return { candidate: `r/0/0/${at}`, genome: genes.join(), genes, source: null, fitness: 12 - at };
        });
        const offspring = operator(conditional, population, random, 8);
        expect(offspring.length).toBeGreaterThan(0);
        for (const { genes } of offspring) {
          expect(conditional.canonical(genes)).toEqual(genes);
          expect(conditional.isValid(genes)).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("crosses without inventing genes", () => {
    const population = populationOf(3, 10);
    for (const { genes } of crossover(ridge, population, labelledRandom("x"), 20)) {
      for (const [at, gene] of genes.entries())
        expect(population.some((member) => member.genes[at] === gene)).toBe(true);
    }
  });
});

describe("samples", () => {
  it("are distinct and untried, and end only with the space", () => {
    const tried = new Set((ridge.enumerated ?? []).slice(3).map((genes) => ridge.keyOf(genes)));
    const left = untriedSamples(ridge, labelledRandom("x"), 5, (key) => tried.has(key));
    expect(left.map((genes) => ridge.keyOf(genes)).toSorted()).toEqual(
      (ridge.enumerated ?? [])
        .slice(0, 3)
        .map((genes) => ridge.keyOf(genes))
        .toSorted(),
    );
    expect(spaceFilling(ridge, labelledRandom("x"), [], () => true)).toBeNull();
  });
});
