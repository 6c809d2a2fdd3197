import type { SearchSpaceDefinition } from "@kevo/proto/search-space.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { islandRandom } from "../random/random.ts";
import { genomeHash } from "./genome.ts";
import { openSpace } from "./search-space.ts";

const powers = (name: string, values = [1, 2, 4, 8, 16]) => ({ name, type: "ordinal" as const, values });
const tiles: SearchSpaceDefinition = {
  parameters: [
    powers("BLOCK_M"),
    powers("UNROLL"),
    { name: "LAYOUT", type: "categorical", values: ["rows", "columns"] },
    { name: "FAST", type: "boolean" },
    { name: "STAGES", type: "integer", min: 1, max: 4, step: 1 },
    { name: "ORDER", type: "permutation", items: ["i", "j", "k"] },
  ],
  constraints: ['BLOCK_M % UNROLL == 0 or LAYOUT == "rows"', "not (FAST and STAGES > 2)", "1 < BLOCK_M <= 16"],
};

/** The same rules, written by hand. */
function holds(config: Record<string, unknown>): boolean {
  const [block, unroll, stages] = [config.BLOCK_M, config.UNROLL, config.STAGES] as [number, number, number];
  return (block % unroll === 0 || config.LAYOUT === "rows") && !(config.FAST && stages > 2) && block > 1;
}

describe("a search space", () => {
  const space = openSpace(tiles);

  it("lists exactly the configurations that satisfy every constraint", () => {
    const listed = new Set(space.enumerated?.map((genes) => space.keyOf(genes)));
    let valid = 0;
    for (const a of [0, 1, 2, 3, 4])
      for (const b of [0, 1, 2, 3, 4])
        for (const c of [0, 1])
          for (const d of [0, 1])
            for (const e of [0, 1, 2, 3])
              for (const f of [0, 1, 2, 3, 4, 5]) {
                const genes = [a, b, c, d, e, f];
                const expected = holds(space.decode(genes));
                expect(space.isValid(genes)).toBe(expected);
                expect(listed.has(space.keyOf(genes))).toBe(expected);
                valid += Number(expected);
              }
    expect(space.count).toBe(valid);
    expect(space.size).toBe(5 * 5 * 2 * 2 * 4 * 6);
  });

  it("samples valid configurations, and converts them to genes and back", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const genes = space.sample(islandRandom(seed, 0, 0, "test"));
        expect(space.isValid(genes)).toBe(true);
        expect(space.encode(space.decode(genes))).toEqual(genes);
      }),
    );
  });

  it("gives as neighbours valid configurations that differ in one parameter, adjacent values first", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const genes = space.sample(islandRandom(seed, 1, 0, "test"));
        const neighbours = space.neighbours(genes);
        for (const neighbour of neighbours) {
          expect(space.isValid(neighbour)).toBe(true);
          expect(neighbour.filter((gene, at) => gene !== genes[at])).toHaveLength(1);
          const order = space.decode(neighbour).ORDER as string[];
          const before = space.decode(genes).ORDER as string[];
          expect([0, 2]).toContain(order.filter((item, at) => item !== before[at]).length);
        }
        const isFar = neighbours.map((n) => [0, 1, 4].some((at) => Math.abs((n[at] ?? 0) - (genes[at] ?? 0)) > 1));
        expect(isFar).toEqual(isFar.toSorted((a, b) => Number(a) - Number(b)));
      }),
    );
  });

  it("says which value is not in the space, and which are", () => {
    const config = space.decode(space.enumerated?.[0] ?? []);
    expect(() => space.encode({ ...config, UNROLL: 3 })).toThrow(
      "UNROLL = 3 is not in the space; allowed values: 1, 2, 4",
    );
    expect(() => space.encode({ ...config, UNROL: 2 })).toThrow("UNROL: no such parameter");
    const { UNROLL: _, ...without } = config;
    expect(() => space.encode(without)).toThrow("lacks a value for UNROLL");
  });

  it.each([
    ["BLOCK_M % UNROL == 0", '"UNROL" is not a parameter; the parameters are BLOCK_M'],
    ["BLOCK_M + ", "cannot be parsed"],
    ["BLOCK_M % ", "ends where a value is required"],
    ["BLOCK_M = 4", '"="'],
    ["BLOCK_M == 4 && UNROLL == 2", '"&&"'],
    ["2 BLOCK_M == 4", "operator is missing"],
    ["f(x) = x", '"="'],
    ['import("fs")', '"import" is a keyword of Python'],
    ['open("/etc/passwd")', 'function "open" is unknown'],
    ["BLOCK_M == true", "Python writes True"],
    ["BLOCK_M[0] == 1", "cannot use an index"],
    ["BLOCK_M > 1 ? FAST : not FAST", '"A if CONDITION else B"'],
    ["BLOCK_M.constructor == 1", "accessor is not allowed"],
    ['BLOCK_M % "x" == 0', "is a string where a number is needed"],
    ["BLOCK_M == 3", "no combination of values satisfies it"],
    [
      "BLOCK_M // (STAGES - STAGES) == 1",
      "no combination of values satisfies it; with BLOCK_M = 1 and STAGES = 1 it has no value (division by zero)",
    ],
  ])("refuses the constraint %s", (constraint, message) => {
    expect(() => openSpace({ ...tiles, constraints: [constraint] })).toThrow(message);
  });

  it("refuses constraints that contradict each other, and a parameter defined twice", () => {
    expect(() => openSpace({ ...tiles, constraints: ["BLOCK_M < UNROLL", "UNROLL < BLOCK_M"] })).toThrow(
      "no configuration satisfies all constraints together",
    );
    expect(() => openSpace({ parameters: [powers("A"), powers("A")], constraints: [] })).toThrow("A is defined twice");
  });

  it("starts from the default configuration, which must be valid", () => {
    const start = { BLOCK_M: 4, UNROLL: 8, LAYOUT: "rows", FAST: false, STAGES: 2, ORDER: ["j", "i", "k"] };
    const opened = openSpace({ ...tiles, default: start });
    expect(opened.decode(opened.start ?? [])).toEqual(start);
    expect(() => openSpace({ ...tiles, default: { ...start, LAYOUT: "columns" } })).toThrow(
      'the default configuration breaks the constraint "BLOCK_M % UNROLL == 0',
    );
  });

  it("reads a constraint as Python does", () => {
    const valid = (constraint: string, parameters = [powers("A", [1, 2, 3]), powers("B", [1, 2, 3])]) =>
      openSpace({ parameters, constraints: [constraint] }).enumerated?.map((genes) => genes.map((gene) => gene + 1));
    expect(valid("A < B < 3")).toEqual([[1, 2]]);
    expect(valid("min(A, B) == 3")).toEqual([[3, 3]]);
    expect(valid("(A - 4) % 3 == 2 and B == 1")).toEqual([[3, 1]]);
    expect(valid("max(A, B) - B // 2 * 2 ** 1 >= 3")).toEqual([[3, 1]]);
    expect(valid("not A == B and A ^ B == 3")).toEqual([
      [1, 2],
      [2, 1],
    ]);
  });
});

describe("a space too large to list", () => {
  const names = Array.from({ length: 20 }, (_, at) => `P${at}`);
  const space = openSpace({
    parameters: names.map((name) => powers(name, [1, 2, 4, 8, 16, 32, 64, 128])),
    // One in millions is valid, so rejection alone would not find any.
    constraints: [
      ...names.slice(1).map((name, at) => `${name} % ${names[at]} == 0`),
      "P0 + P5 + P10 == 26",
      "P12 + P19 == 96",
    ],
  });

  it("samples it where few are valid", () => {
    const random = islandRandom(3, 0, 0, "test");
    const seen = new Set<string | number>();
    for (let at = 0; at < 30; at++) {
      const genes = space.sample(random);
      expect(space.isValid(genes)).toBe(true);
      seen.add(space.keyOf(genes));
    }
    expect(seen.size).toBeGreaterThan(5);
  });
});

describe("a space given by its members", () => {
  const members = [
    [0, 0],
    [0, 1],
    [2, 4],
  ];
  const space = openSpace({ parameters: [powers("A"), powers("B")], constraints: [], members });

  it("holds these and no others", () => {
    expect(space.count).toBe(3);
    expect(space.isValid([2, 4])).toBe(true);
    expect(space.isValid([2, 3])).toBe(false);
    expect(space.neighbours([0, 0])).toEqual([[0, 1]]);
    expect(members).toContainEqual(space.sample(islandRandom(1, 0, 0, "test")));
  });

  it("refuses rows that do not fit", () => {
    const open = (rows: number[][]) => openSpace({ ...space.definition, members: rows });
    expect(() => open([[0]])).toThrow("member 0 has 1 values for 2 parameters");
    expect(() => open([[0, 9]])).toThrow("index 9 is out of range");
    expect(() => open([])).toThrow("no valid configuration");
    expect(() => open([members[0] as number[], members[0] as number[]])).toThrow("twice");
  });
});

describe("a genome's hash", () => {
  it("does not depend on the order of keys, and tells configurations and sources apart", () => {
    const hash = genomeHash({ config: { a: 1, b: "x" }, source: null });
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(genomeHash({ source: null, config: { b: "x", a: 1 } })).toBe(hash);
    expect(genomeHash({ config: { a: 1, b: "x" }, source: "s" })).not.toBe(hash);
    expect(genomeHash({ config: { a: 1, b: "y" }, source: null })).not.toBe(hash);
    expect(genomeHash({ config: {}, source: null })).toBe(
      // sha256 of {"config":{},"source":null}: a change of the canonical form would orphan every stored genome.
      "5481f8fa979637a91bfc1719366f6dd0bc79e7e7b04327a58ae7efb69935b4a7",
    );
  });
});
