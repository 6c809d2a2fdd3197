import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { expect, it } from "vitest";
import { openCoordinates } from "./coordinates.ts";
import { openPool } from "./pool.ts";
import { finished } from "./steps.ts";

const digits = Array.from({ length: 10 }, (_, at) => at);

it("looks at every variant of a large space, however few configurations it has", () => {
  const space = openSpace({
    parameters: [
      { name: "KERNEL", type: "categorical", values: ["tiles", "groups"] },
      ...["A", "B", "C", "D", "E"].map((name) => ({
        ...{ name, type: "ordinal" as const, values: digits, activeWhen: 'KERNEL == "tiles"' },
      })),
      { name: "GROUPS", type: "ordinal", values: [1, 2, 3, 4], activeWhen: 'KERNEL == "groups"' },
    ],
    constraints: [],
  });
  expect(space.count).toBe(100_004);
  const pool = openPool(space, openCoordinates(space));
  // The few look best, as copies of them would.
  const means = (rows: readonly Uint8Array[]) => Float64Array.from(rows, ([kernel = 0]) => 1 - kernel);
  const screened = finished(pool.screening([], means, "test"));
  const groups = screened.filter(({ genes }) => space.decode(genes).KERNEL === "groups");
  expect(groups).toHaveLength(4);
  expect(screened.length).toBeGreaterThan(2_000);
  expect(new Set(screened.map(({ key }) => key)).size).toBe(screened.length);
  for (const { genes } of screened) expect(space.isValid(genes)).toBe(true);
});
