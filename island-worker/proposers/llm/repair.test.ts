import { labelledRandom } from "@kevo/core/random/random.ts";
import type { Genes } from "@kevo/core/search-space/search-space.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ridge } from "../../evolution/ridge.fixture.ts";
import { nearestValid, repair, stepsBetween } from "./repair.ts";

const valid = fc.string().map((label) => ridge.sample(labelledRandom(label)));
const anyGenes: fc.Arbitrary<Genes> = fc.tuple(...ridge.parameters.map(({ values }) => fc.nat(values.length - 1)));
const base = ridge.sample(labelledRandom("base"));
const good = { BLOCK: 16, TILE: 4, STAGES: 3, LAYOUT: "tiles", FAST: true, ORDER: ["k", "i", "j"] };

describe("repair", () => {
  it("leaves a valid configuration as it is", () => {
    fc.assert(
      fc.property(valid, (genes) => {
        expect(repair(ridge, ridge.decode(genes), null)).toEqual({ genes, changes: [] });
      }),
    );
  });

  it("answers any input with a valid configuration or with a message", () => {
    const value = fc.oneof(fc.anything(), fc.constantFrom(...ridge.parameters.flatMap(({ values }) => [...values])));
    const written = fc.record(Object.fromEntries(ridge.parameters.map(({ name }) => [name, value])), {
      requiredKeys: [],
    });
    fc.assert(
      fc.property(written, fc.constantFrom(null, base), (configuration, from) => {
        const repaired = repair(ridge, configuration as Record<string, unknown>, from);
        if (repaired.genes === null) expect(repaired.why).not.toBe("");
        else {
          expect(ridge.isValid(repaired.genes)).toBe(true);
          expect(repair(ridge, ridge.decode(repaired.genes), null)).toEqual({ genes: repaired.genes, changes: [] });
        }
      }),
      { numRuns: 300 },
    );
  });

  it("changes one parameter to satisfy the constraints, and only where no other change is as small", () => {
    fc.assert(
      fc.property(anyGenes, (genes) => {
        fc.pre(!ridge.isValid(genes));
        const nearest = nearestValid(ridge, genes);
        const others = ridge.neighbours(genes).map((other) => stepsBetween(ridge, genes, other));
        const least = Math.min(...others);
        const asNear = others.filter((steps) => steps === least).length;
        expect(nearest !== null).toBe(asNear === 1);
        if (nearest !== null) {
          expect(ridge.isValid(nearest)).toBe(true);
          expect(nearest.filter((gene, at) => gene !== genes[at])).toHaveLength(1);
          expect(stepsBetween(ridge, genes, nearest)).toBe(least);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["text for a number", { BLOCK: "16" }, "BLOCK 16 → 16"],
    ["the nearer of two values", { TILE: 7.4 }, "TILE 7.4 → 8"],
    ["another case", { LAYOUT: "Tiles" }, "LAYOUT Tiles → tiles"],
    ["text for a boolean", { FAST: "true" }, "FAST true → true"],
    ["a number for a boolean", { FAST: 1 }, "FAST 1 → true"],
  ])("takes %s for what was plainly meant", (_what, change, message) => {
    const repaired = repair(ridge, { ...good, ...change }, null);
    expect(repaired).toMatchObject({ changes: [message] });
    expect(repaired.genes).not.toBeNull();
  });

  it("takes a missing parameter from the given configuration, and drops an unknown one", () => {
    const { STAGES: _, ...rest } = good;
    const repaired = repair(ridge, { ...rest, UNKNOWN: 3 }, base);
    expect(repaired.genes?.[2]).toBe(base[2]);
    expect(repair(ridge, rest, null)).toMatchObject({ genes: null, why: expect.stringContaining("STAGES is missing") });
  });

  it.each([
    ["a value between two", { TILE: 7 }, "TILE = 7 is not allowed; allowed are 1, 2, 3"],
    ["a value far outside", { BLOCK: 4096 }, "BLOCK = 4096"],
    ["a word that no value is", { LAYOUT: "diagonal" }, "allowed are rows, columns, tiles"],
    ["something that is no order of the items", { ORDER: ["i", "i", "k"] }, "ORDER"],
  ])("tells back %s", (_what, change, message) => {
    expect(repair(ridge, { ...good, ...change }, base)).toMatchObject({
      genes: null,
      why: expect.stringContaining(message),
    });
  });

  it("names the constraint where two repairs are equally near", () => {
    const repaired = repair(ridge, { ...good, BLOCK: 64, TILE: 5, LAYOUT: "rows" }, null);
    expect(repaired).toMatchObject({ genes: null, why: 'it breaks "BLOCK * TILE <= 256"' });
  });
});
