import type { SearchSpaceDefinition } from "@kevo/proto/search-space.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { islandRandom, labelledRandom } from "../../random/random.ts";
import { compileConstraint } from "../constraint.ts";
import { openParameter } from "../parameter.ts";
import { openSpace } from "../search-space.ts";
import { openDiagram } from "./decision-diagram.ts";
import { orderOf } from "./order.ts";
import { walkFrom } from "./walk.ts";

const ordinal = (name: string, values: (number | string)[]) => ({ name, type: "ordinal" as const, values });
const names = (count: number) => Array.from({ length: count }, (_, at) => `P${at}`);
const product = (count: number) => names(count).join(" * ");

describe("a space of many parameters and one wide constraint", () => {
  test("a product over ten parameters is counted exactly and sampled", () => {
    const powers = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
    const space = openSpace({
      parameters: names(10).map((name) => ordinal(name, powers)),
      constraints: [`${product(10)} == 1024`],
    });
    // Ways to deal ten factors of two among ten parameters: 19 over 9.
    expect(space.count).toBe(92_378);
    expect(space.countError).toBe(0);
    expect(new Set(space.enumerated?.map(space.keyOf)).size).toBe(92_378);
  });

  test("of 10^12 combinations, those of a product are drawn uniformly", () => {
    const space = openSpace({
      parameters: names(20).map((name) => ordinal(name, [1, 2, 3, 4])),
      constraints: [`${product(20)} == 46656`],
    });
    expect(space.size).toBe(4 ** 20);
    expect(space.enumerated).toBeNull();
    // Six threes among twenty, and six twos among the other fourteen as ones (2) and pairs (4).
    const twos = [0, 1, 2, 3].reduce((sum, fours) => sum + choose(14, fours) * choose(14 - fours, 6 - 2 * fours), 0);
    expect(space.count).toBe(choose(20, 6) * twos);
    expect(space.countError).toBe(0);
    const random = labelledRandom("draws of a product");
    let threes = 0;
    for (let at = 0; at < 2_000; at++) {
      const genes = space.sample(random);
      expect(space.isValid(genes)).toBe(true);
      threes += Number(genes[0] === 2);
    }
    // Each parameter holds one of the six threes with probability 0.3; five standard deviations.
    expect(Math.abs(threes / 2_000 - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / 2_000));
  });

  test.each([
    ["a sum", "P0 + P1 + P2 + P3 + P4 + P5 + P6 + P7 + P8 + P9 + P10 + P11 == 25"],
    ["a bounded sum of products", "2 * P0 * P1 + 4 * P2 * P3 + P4 * P5 * 8 <= 96 and P6 + P7 == P8 + P9"],
    ["a product that divides", `1024 % (${product(12)}) == 0`],
    ["both sides products", "P0 * P1 * P2 * P3 * P4 * P5 == P6 * P7 * P8 * P9 * P10 * P11"],
    ["a chain of comparisons", `16 <= ${product(12)} <= 64 and not P0 == P1`],
    ["a product or nothing", `P0 == 1 or ${product(12)} == 128`],
  ])("%s over twelve parameters has the count of its listing", (_, constraint) => {
    const parameters = names(12).map((name) => ordinal(name, [1, 2, 4]));
    const space = openSpace({ parameters, constraints: [constraint] });
    const rule = compileConstraint(constraint, parameters.map(openParameter));
    let valid = 0;
    const genes = new Array<number>(12).fill(0);
    for (let row = 0; row < 3 ** 12; row++) {
      for (let at = 0, rest = row; at < 12; at++, rest = Math.floor(rest / 3)) genes[at] = rest % 3;
      valid += Number(rule.holds(genes));
    }
    expect(diagramCount({ parameters, constraints: [constraint] })).toBe(valid);
    expect(space.count).toBe(valid);
  });
});

test("a diagram has exactly the configurations that satisfy random constraints", () => {
  const term = fc.constantFrom("P0", "P1", "P2", "P3", "2", "P1 - 1", "-P2", "(P0 + P3)", "P2 * P2");
  const operator = fc.constantFrom(" + ", " * ", " - ");
  const chain = fc
    .array(fc.tuple(term, operator), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.map(([t, o], at) => (at === parts.length - 1 ? t : t + o)).join(""));
  const comparison = fc
    .tuple(chain, fc.constantFrom("==", "<=", "<", ">", ">=", "!="), chain)
    .map(([a, o, b]) => `${a} ${o} ${b}`);
  const constraint = fc.oneof(
    comparison,
    fc.tuple(comparison, fc.constantFrom("and", "or"), comparison).map((parts) => parts.join(" ")),
    comparison.map((text) => `not ${text}`),
    chain.map((text) => `(${text}) % 3 == 1`),
  );
  fc.assert(
    fc.property(fc.array(constraint, { minLength: 1, maxLength: 3 }), (constraints) => {
      const parameters = names(4).map((name, at) => ordinal(name, [-2, 0, 1, 3, 6].slice(at === 1 ? 2 : 0)));
      const opened = parameters.map(openParameter);
      let rules: ReturnType<typeof compileConstraint>[];
      try {
        rules = constraints.map((text) => compileConstraint(text, opened));
      } catch {
        return; // Nothing satisfies one of them.
      }
      const radices = opened.map(({ values }) => values.length);
      const diagram = openDiagram(
        radices,
        orderOf(opened, rules),
        rules.flatMap((rule) => rule.rules),
      );
      const expected = combinations(radices).filter((genes) => rules.every((rule) => rule.holds(genes)));
      expect(diagram?.list().map(String).toSorted()).toEqual(expected.map(String).toSorted());
      expect(diagram?.count).toBe(BigInt(expected.length));
    }),
    { numRuns: 500 },
  );
});

test("where rules share nothing, the count carries its error and the default is a start", () => {
  // Rounding makes the sum of floats no chain, so that nothing can be shared.
  const parameters = names(12).map((name) => ordinal(name, [0.1, 0.2, 0.7, 1.3, 2.1, 3.9]));
  const sum = names(12).join(" + ");
  const space = openSpace({ parameters, constraints: [`${sum} < 18`] });
  expect(space.enumerated).toBeNull();
  expect(space.countError).toBeGreaterThan(0);

  const rare = { parameters, constraints: [`${sum} < 1.25`] };
  const start = Object.fromEntries(names(12).map((name) => [name, 0.1]));
  const opened = openSpace({ ...rare, default: start });
  expect(opened.decode(opened.start ?? [])).toEqual(start);
  for (let at = 0; at < 5; at++) expect(opened.isValid(opened.sample(islandRandom(1, 0, at, "test")))).toBe(true);
});

test("a walk from a known configuration crosses an equality two parameters at a time", () => {
  const definition = {
    parameters: names(6).map((name) => ordinal(name, [1, 2, 4, 8])),
    constraints: [`${product(6)} == 64`],
  };
  const parameters = definition.parameters.map(openParameter);
  const constraints = definition.constraints.map((text) => compileConstraint(text, parameters));
  const random = labelledRandom("walk");
  const seen = new Set(
    Array.from({ length: 50 }, () => walkFrom([1, 1, 1, 1, 1, 1], parameters, constraints, random).join()),
  );
  expect(seen.size).toBeGreaterThan(20);
  for (const text of seen) {
    expect(constraints.every((constraint) => constraint.holds(text.split(",").map(Number)))).toBe(true);
  }
});

function diagramCount({ parameters, constraints }: SearchSpaceDefinition): number {
  const opened = parameters.map(openParameter);
  const compiled = constraints.map((text) => compileConstraint(text, opened));
  const radices = opened.map(({ values }) => values.length);
  const rules = compiled.flatMap((constraint) => constraint.rules);
  return Number(openDiagram(radices, orderOf(opened, compiled), rules)?.count);
}

function combinations(radices: readonly number[]): number[][] {
  return radices.reduce<number[][]>(
    (rows, radix) => rows.flatMap((row) => Array.from({ length: radix }, (_, gene) => [...row, gene])),
    [[]],
  );
}

function choose(n: number, k: number): number {
  let result = 1;
  for (let at = 1; at <= k; at++) result = (result * (n - k + at)) / at;
  return result;
}
