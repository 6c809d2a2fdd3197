import { expect, test } from "vitest";
import { KnownSets } from "./known-sets.ts";

test("each file comes once, among the sets that are certain, wherever chance puts it", () => {
  for (const random of [() => 0, () => 0.5, () => 0.999]) {
    const known = new KnownSets(["a", "b"], 6, random);
    const met = [known.next(3), known.next(3), known.next(3)].map((sets) => [...sets]);
    expect(met.flat().every(([place]) => place >= 0 && place < 3)).toBe(true);
    expect(
      met
        .slice(0, 2)
        .flat()
        .map(([, file]) => file)
        .sort(),
    ).toEqual(["a", "b"]);
    expect(met[2]).toEqual([]);
  }
});

test("one set has room for one file", () => {
  const known = new KnownSets(["a", "b"], 1, () => 0.3);
  expect([...known.next(1)]).toEqual([[0, "a"]]);
});
