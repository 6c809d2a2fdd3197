import { EFFORT } from "@kevo/core/effort/effort.ts";
import { describe, expect, it } from "vitest";
import { evaluationsOf, finalistPlan } from "./effort.ts";

describe("effort", () => {
  it("gives one niche its tier's finalists, and forty niches fewer each, so that the end stays affordable", () => {
    expect(finalistPlan("quick", 1)).toEqual({ finalists: 4, rounds: 2 });
    expect(finalistPlan("quick", 40)).toEqual({ finalists: 2, rounds: 2 });
    for (const niches of [1, 2, 7, 20, 40]) {
      const { finalists, rounds } = finalistPlan("quick", niches);
      expect(finalists * rounds * niches).toBeLessThanOrEqual(EFFORT.quick.run.remeasurements);
      expect(finalists).toBeGreaterThanOrEqual(2);
    }
  });

  it("gives each of many niches enough evaluations to find something", () => {
    expect(evaluationsOf("quick", 1)).toBe(200);
    expect(evaluationsOf("quick", 40)).toBe(1600);
  });
});
