import { readFile } from "node:fs/promises";
import { kernelDefinition } from "@kevo/proto/kernel.ts";
import { describe, expect, test } from "vitest";
import { openSpace } from "../search-space/search-space.ts";
import { parseKnown } from "./known-good.ts";
import { listKernels, loadKernel } from "./load.ts";
import { shapeDistance, workloadDistance } from "./workload-distance.ts";

const KERNELS = new URL("../../gpu-evaluator/kernels/", import.meta.url).pathname;

const definition = kernelDefinition.parse({
  ...{ id: "small", title: "small", backends: ["replay"], default: null, source: null, reference: null },
  parameters: [
    { name: "TILE", type: "ordinal", values: [8, 16, 32] },
    { name: "FAST", type: "boolean" },
  ],
  features: ["width", "length"],
  workloads: [
    { name: "a", shape: { length: 512, width: 64, heads: 8 } },
    { name: "longer", shape: { length: 1024, width: 64, heads: 8 } },
    { name: "wider", shape: { length: 512, width: 128, heads: 8 } },
    { name: "more", shape: { length: 512, width: 64, heads: 32 } },
  ],
});
const file = {
  parameters: ["FAST", "TILE"],
  configurations: [
    [true, 8],
    [false, 32],
  ],
  good: [{ workload: "a", device: "A GPU", configurations: [1, 0] }],
};
const parse = (changes: object) => parseKnown(JSON.stringify({ ...file, ...changes }), definition, "known-good.json");

describe("configurations that are known to be good", () => {
  test("are read in the order of their file, whatever the order of its columns", () => {
    expect(parse({})).toEqual([
      { config: { FAST: false, TILE: 32 }, workload: "a", device: "A GPU", rank: 0, run: null },
      { config: { FAST: true, TILE: 8 }, workload: "a", device: "A GPU", rank: 1, run: null },
    ]);
  });

  test.each([
    [{ parameters: ["FAST", "TILES"] }, /parameters must name those of the kernel, TILE, FAST; it names FAST, TILES/],
    [{ configurations: [[true]] }, /configuration 0 has 1 values, not 2/],
    [{ good: [{ workload: "b", device: "A GPU", configurations: [0] }] }, /the kernel has no workload b/],
    [{ good: [{ workload: "a", device: "A GPU", configurations: [2] }] }, /there is no configuration 2/],
  ])("that do not fit the kernel are refused (%#)", (changes, message) => {
    expect(() => parse(changes)).toThrow(message);
  });

  test("of this project's kernels are in their spaces, and no part of the package that evaluators receive", async () => {
    let count = 0;
    for (const id of await listKernels(KERNELS)) {
      const { definition, known, bytes } = await loadKernel(id, KERNELS);
      const space = openSpace(definition);
      for (const { config } of known) {
        expect(space.isValid(space.encode(config))).toBe(true);
        // Twins would be tried twice.
        expect(space.decode(space.encode(config))).toEqual(config);
        count++;
      }
      expect(Buffer.from(bytes).includes("known-good.json")).toBe(false);
    }
    expect(count).toBeGreaterThan(100);
    const attention = JSON.parse(await readFile(`${KERNELS}attention-forward/known-good.json`, "utf8"));
    expect(attention.good.length).toBeGreaterThan(40);
  });
});

describe("the distance between workloads", () => {
  const shapes = new Map(definition.workloads.map(({ name, shape }) => [name, shape]));
  const of = (name: string) => shapes.get(name) ?? {};

  test("is decided most by the first feature", () => {
    const [wider, longer, more] = ["wider", "longer", "more"].map((name) =>
      shapeDistance(definition, of("a"), of(name)),
    ) as [number, number, number];
    expect([wider, longer, more]).toEqual([1, 0.5, 0.5]);
    expect(shapeDistance({ features: undefined }, of("a"), of("more"))).toBe(2);
    expect(shapeDistance(definition, of("a"), of("a"))).toBe(0);
  });

  test("of several workloads is the mean of the distances to the nearest", () => {
    expect(workloadDistance(definition, ["a", "longer"], ["a"])).toBe(0.25);
    expect(workloadDistance(definition, ["a"], ["no longer there"])).toBe(Number.POSITIVE_INFINITY);
  });
});
