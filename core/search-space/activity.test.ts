import type { Config, SearchSpaceDefinition } from "@kevo/proto/search-space.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { labelledRandom } from "../random/random.ts";
import { genomeHash } from "./genome.ts";
import { openSpace, type SearchSpace, type StartedDefinition } from "./search-space.ts";

const conditional: StartedDefinition = {
  parameters: [
    { name: "KERNEL", type: "categorical", values: ["tiles", "groups", "plain"] },
    { name: "TILE", type: "ordinal", values: [16, 32, 64], activeWhen: 'KERNEL == "tiles"' },
    { name: "GROUPS", type: "ordinal", values: [2, 3], activeWhen: 'KERNEL == "groups"' },
    // Depends on one that is itself conditional, and comes before it.
    { name: "ORDER", type: "permutation", items: ["i", "j"], activeWhen: "SPLIT > 0" },
    { name: "SPLIT", type: "integer", min: 0, max: 2, step: 1, activeWhen: 'KERNEL != "plain"' },
    { name: "STAGES", type: "ordinal", values: [2, 3] },
  ],
  constraints: ["TILE < 64 or STAGES == 2"],
  default: { KERNEL: "tiles", TILE: 32, GROUPS: 3, ORDER: ["j", "i"], SPLIT: 1, STAGES: 2 },
};

/** Which parameters of a configuration count, written by hand. */
function counts(config: Config): string[] {
  const isPlain = config.KERNEL === "plain";
  const split = isPlain ? 1 : (config.SPLIT as number);
  return [
    ...(config.KERNEL === "tiles" ? ["TILE"] : []),
    ...(config.KERNEL === "groups" ? ["GROUPS"] : []),
    ...(split > 0 ? ["ORDER"] : []),
    ...(isPlain ? [] : ["SPLIT"]),
  ];
}

function everyGenes({ parameters }: SearchSpace): number[][] {
  return parameters.reduce<number[][]>(
    (all, { values }) => all.flatMap((genes) => Array.from(values.keys(), (gene) => [...genes, gene])),
    [[]],
  );
}

describe("conditional parameters", () => {
  const space = openSpace(conditional);
  const usual = conditional.default as Config;

  it("make one configuration of all that differ only in what does not count", () => {
    const classes = new Map<string, Set<number | string>>();
    for (const genes of everyGenes(space)) {
      const config = space.decode(genes);
      const active = counts(config);
      const read = Object.entries(config).filter(
        ([name]) => ["KERNEL", "STAGES"].includes(name) || active.includes(name),
      );
      const canonical = space.decode(space.canonical(genes));
      for (const name of ["TILE", "GROUPS", "ORDER", "SPLIT"]) {
        expect(canonical[name]).toEqual(active.includes(name) ? config[name] : usual[name]);
      }
      const key = JSON.stringify(read);
      const keys = classes.get(key) ?? new Set();
      classes.set(key, keys.add(space.keyOf(space.canonical(genes))));
    }
    for (const keys of classes.values()) expect(keys.size).toBe(1);
    expect(new Set([...classes.values()].flatMap((keys) => [...keys])).size).toBe(classes.size);
  });

  it("are canonical in every valid configuration: listed, sampled, or next to another", () => {
    const listed = new Set(space.enumerated?.map((genes) => space.keyOf(genes)));
    const canonical = everyGenes(space).filter((genes) => space.isValid(genes));
    expect(new Set(canonical.map((genes) => space.keyOf(genes)))).toEqual(listed);
    expect(space.count).toBe(listed.size);
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = labelledRandom(`activity/${seed}`);
        for (const genes of [space.sample(random), space.sampleVariants(random)]) {
          for (const valid of [genes, ...space.neighbours(genes)]) {
            expect(space.isValid(valid)).toBe(true);
            expect(space.canonical(valid)).toEqual(valid);
            expect(space.encode(space.decode(valid))).toEqual(valid);
          }
        }
      }),
    );
  });

  it("are set canonically once and for all, and without leaving the valid configurations", () => {
    for (const genes of everyGenes(space)) {
      const once = space.canonical(genes);
      expect(space.canonical(once)).toEqual(once);
      if (space.isValid(genes)) expect(once).toEqual(genes);
      expect(space.encode(space.decode(genes))).toEqual(once);
    }
  });

  it("give twins one genome", () => {
    const [a, b] = [2, 3].map((groups) => space.decode(space.encode({ ...usual, GROUPS: groups }))) as [Config, Config];
    expect(genomeHash({ config: a, source: null })).toBe(genomeHash({ config: b, source: null }));
  });

  it("let a step decide what counts: to another kernel, with the rest as in the default", () => {
    const plain = space.encode({ ...usual, KERNEL: "plain" });
    const kernels = space.neighbours(plain).map((genes) => space.decode(genes).KERNEL);
    expect(kernels).toEqual(expect.arrayContaining(["tiles", "groups", "plain"]));
    for (const neighbour of space.neighbours(plain)) {
      const { KERNEL, TILE, GROUPS, SPLIT } = space.decode(neighbour);
      // The default's SPLIT, so ORDER counts in it, and STAGES.
      if (KERNEL === "plain") expect(neighbour.filter((gene, at) => gene !== plain[at])).toHaveLength(1);
      expect([TILE, GROUPS, SPLIT]).toEqual([32, 3, 1]);
    }
  });

  it("come about in each variant alike, however few configurations it has", () => {
    const drawn = Array.from({ length: 600 }, (_, seed) => space.sampleVariants(labelledRandom(`variants/${seed}`)));
    const plain = drawn.filter((genes) => space.decode(genes).KERNEL === "plain").length;
    expect(plain).toBeGreaterThan(90);
    const all = (space.enumerated ?? []).filter((genes) => space.decode(genes).KERNEL === "plain").length;
    expect(all / space.count).toBeLessThan(0.15);
  });

  it("are counted exactly where there are too many to list", () => {
    const digits = Array.from({ length: 10 }, (_, at) => at);
    const switches = Array.from({ length: 12 }, (_, at) => `P${at}`);
    const large = openSpace({
      parameters: [
        { name: "MODE", type: "categorical", values: ["a", "b"] },
        ...switches.map((name) => ({ name, type: "ordinal" as const, values: digits, activeWhen: 'MODE == "a"' })),
      ],
      constraints: [],
    });
    expect(large.enumerated).toBeNull();
    expect(large.count).toBe(10 ** 12 + 1);
    const genes = large.sampleVariants(labelledRandom("large"));
    expect(large.isValid(genes)).toBe(true);
  });

  it("start from the first values where there is no default", () => {
    const { default: _, ...rest } = conditional;
    const without = openSpace(rest);
    expect(without.decode(without.encode({ ...usual, KERNEL: "plain" }))).toMatchObject({
      TILE: 16,
      GROUPS: 2,
      SPLIT: 0,
    });
  });

  it("explain a wrong condition", () => {
    const withConditions = (...conditions: (string | undefined)[]): SearchSpaceDefinition => ({
      parameters: ["A", "B", "C"].map((name, at) => ({
        ...{ name, type: "ordinal", values: [1, 2] },
        ...(conditions[at] !== undefined && { activeWhen: conditions[at] }),
      })) as SearchSpaceDefinition["parameters"],
      constraints: [],
    });
    const failing: [SearchSpaceDefinition, RegExp][] = [
      [withConditions(undefined, "D == 1"), /parameter B: activeWhen "D == 1": .*D/],
      [withConditions(undefined, "A == "), /parameter B: activeWhen "A == "/],
      [withConditions("A == 1"), /the activeWhen of these parameters depend on each other: A \("A == 1"\)/],
      [withConditions("C == 1", "A == 1", "B == 1"), /depend on each other: A \("C == 1"\), B .*, C /],
    ];
    for (const [definition, message] of failing) expect(() => openSpace(definition)).toThrow(message);
  });
});
