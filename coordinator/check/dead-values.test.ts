import { openSpace } from "@kevo/core/search-space/search-space.ts";
import type { SearchSpaceDefinition } from "@kevo/proto/search-space.ts";
import { expect, test } from "vitest";
import { deadValues } from "./dead-values.ts";

const digits = Array.from({ length: 10 }, (_, value) => value);
const space = (names: string, constraints: string[]): SearchSpaceDefinition => ({
  parameters: [...names].map((name) => ({ name, type: "ordinal", values: digits })),
  constraints,
});

test("values that constraints exclude are found in a space that is listed", () => {
  const definition = space("AB", ["A + B < 9", "B != 3"]);
  expect(deadValues(definition, openSpace(definition))).toEqual([
    { parameter: "A", value: 9 },
    { parameter: "B", value: 3 },
    { parameter: "B", value: 9 },
  ]);
});

test("and in one that is too large for a list, where rare values are no dead ones", () => {
  const definition = space("ABCDEFGH", ["A < 9", "B != 7 or C + D + E + F + G + H == 54"]);
  const opened = openSpace(definition);
  expect(opened.enumerated).toBeNull();
  expect(deadValues(definition, opened)).toEqual([{ parameter: "A", value: 9 }]);
});
