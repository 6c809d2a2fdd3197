import type { SearchSpaceDefinition } from "@kevo/proto/search-space.ts";
import { describe, expect, it } from "vitest";
import { parseFixed, planRecording } from "./plan.ts";

const definition: SearchSpaceDefinition = {
  parameters: [
    { name: "tile", type: "ordinal", values: [8, 16, 32] },
    { name: "layout", type: "categorical", values: ["rows", "columns"] },
    { name: "unroll", type: "boolean" },
    { name: "order", type: "permutation", items: ["i", "j"] },
  ],
  constraints: ["tile < 32 or unroll == 0"],
};
const text = (configs: readonly unknown[]) => configs.map((config) => JSON.stringify(config));

describe("planRecording", () => {
  it("lists every valid configuration once, in an order that its seed fixes", () => {
    const { configurations, valid, listed } = planRecording(definition, {}, 1, null);
    expect([configurations.length, valid, listed]).toEqual([20, 20, true]);
    expect(new Set(text(configurations)).size).toBe(20);
    expect(planRecording(definition, {}, 1, null).configurations).toEqual(configurations);
    expect(planRecording(definition, {}, 2, null).configurations).not.toEqual(configurations);
  });

  it("holds parameters at one value or some, and constraints still count", () => {
    const fixed = parseFixed(["tile=8,32", "order=i>j", "unroll=true"], definition);
    const { configurations } = planRecording(definition, fixed, 1, null);
    expect(configurations).toHaveLength(2);
    for (const config of configurations) expect(config).toMatchObject({ tile: 8, unroll: true, order: ["i", "j"] });
  });

  it("begins every sample of one seed alike, so that a longer one continues a shorter one", () => {
    const few = planRecording(definition, {}, 3, 5).configurations;
    expect(planRecording(definition, {}, 3, 9).configurations.slice(0, 5)).toEqual(few);
  });

  it("draws a sample where the space is too large to list, and refuses to measure all of it", () => {
    const names = ["a", "b", "c", "d"];
    const parameters = names.map((name) => ({ name, type: "integer" as const, min: 0, max: 99, step: 1 }));
    const large = { parameters, constraints: [] };
    expect(() => planRecording(large, {}, 1, null)).toThrow(/too many to list.*--limit/);
    const { configurations, listed } = planRecording(large, {}, 1, 200);
    expect([new Set(text(configurations)).size, listed]).toEqual([200, false]);
    expect(planRecording(large, {}, 1, 200).configurations).toEqual(configurations);
  });

  it("explains mistakes in --fix", () => {
    expect(() => parseFixed(["tyle=8"], definition)).toThrow(/the parameters are tile, layout/);
    expect(() => parseFixed(["tile"], definition)).toThrow(/NAME=VALUE/);
    expect(() => parseFixed(["tile=9"], definition)).toThrow(/the values of tile are 8, 16, 32/);
    expect(() => parseFixed(["tile=8", "tile=16"], definition)).toThrow(/restricted twice/);
    expect(() => planRecording(definition, { tile: [32], unroll: [true] }, 1, null)).toThrow(/No valid configuration/);
  });
});
