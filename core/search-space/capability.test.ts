import type { SearchSpaceDefinition } from "@kevo/proto/search-space.ts";
import { searchSpaceDefinition } from "@kevo/proto/search-space.ts";
import { expect, test } from "vitest";
import { beyondCapability, isGated, lowestCapability, withinCapability } from "./capability.ts";
import { openSpace } from "./search-space.ts";

const definition: SearchSpaceDefinition & { default: { TILE: number; WARPS: string } } = {
  ...searchSpaceDefinition.parse({
    parameters: [
      { name: "TILE", type: "ordinal", values: [1, 2, 256], requires: { 256: { capability: "10.0", measured: true } } },
      {
        name: "WARPS",
        type: "categorical",
        values: ["alike", "split"],
        requires: { split: { capability: "10.0", measured: false } },
      },
    ],
    constraints: ['WARPS == "alike" or TILE < 256'],
  }),
  default: { TILE: 1, WARPS: "alike" },
};

test("a value that a device cannot run is not in the space that islands search", () => {
  const hopper = withinCapability(definition, "9.0");
  expect(openSpace(hopper.definition).count).toBe(2);
  expect(isGated(hopper.definition)).toBe(false);
  expect(hopper.leftOut).toEqual(["TILE = 256 (compute capability 10.0)", "WARPS = split (compute capability 10.0)"]);
  const blackwell = withinCapability(definition, "10.3");
  expect(openSpace(blackwell.definition).count).toBe(5);
  expect(blackwell).toMatchObject({ leftOut: [], unmeasured: ["WARPS = split (compute capability 10.0)"] });
  expect(openSpace(withinCapability(definition, null).definition).count).toBe(2);
});

test("a configuration with such a value is refused with the capability that it needs", () => {
  const config = { TILE: 2, WARPS: "split" };
  expect(beyondCapability(definition, config, "9.0")).toBe(
    "WARPS = split needs compute capability 10.0; this device has 9.0",
  );
  expect(beyondCapability(definition, config, null)).toContain("an unknown one");
  expect(beyondCapability(definition, config, "12.0")).toBeNull();
  expect(beyondCapability(definition, { TILE: 2, WARPS: "alike" }, "8.0")).toBeNull();
});

test("several devices can run what the least of them can", () => {
  expect(lowestCapability(["10.0", "9.0", "12.0"])).toBe("9.0");
  expect(lowestCapability(["10.0", ""])).toBeNull();
  expect(lowestCapability([])).toBeNull();
});
