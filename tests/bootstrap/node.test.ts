import { expect, test } from "vitest";
import { fits } from "../../deploy/bootstrap/node.mjs";

test.each([
  ["18.20.0", undefined, false],
  ["20.20.2", undefined, false],
  // Runs TypeScript with a flag, but better-sqlite3 crashes it.
  ["22.9.0", "strip", false],
  // Loads better-sqlite3, but takes no TypeScript without a flag.
  ["22.14.0", false, false],
  ["22.18.0", "strip", true],
  ["24.21.0", "strip", true],
  ["26.0.0", "strip", true],
])("Node %s with TypeScript %s: %s", (version, typescript, expected) => {
  expect(fits(version, typescript)).toBe(expected);
});
