import { expect, test } from "vitest";
import { fits } from "../../deploy/launcher/node.mjs";

test.each([
  ["18.20.0", undefined, false],
  ["20.20.2", undefined, false],
  // Loads better-sqlite3 and strips types, but does not know `using`.
  ["22.20.0", "strip", false],
  // Built without the stripping of types.
  ["24.21.0", false, false],
  ["24.0.0", "strip", true],
  ["24.21.0", "strip", true],
  ["26.0.0", "strip", true],
])("Node %s with TypeScript %s: %s", (version, typescript, expected) => {
  expect(fits(version, typescript)).toBe(expected);
});
