import { TOPOLOGIES } from "@kevo/proto/run.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { neighboursOf } from "./topology.ts";

it("names other islands, each once, the same for everyone who asks", () => {
  const any = fc.record({ islands: fc.integer({ min: 1, max: 12 }), round: fc.nat(50), seed: fc.nat() });
  fc.assert(
    fc.property(fc.constantFrom(...TOPOLOGIES), any, (topology, { islands, round, seed }) => {
      for (let island = 0; island < islands; island++) {
        const found = neighboursOf(topology, islands, island, round, seed);
        expect(found).not.toContain(island);
        expect(new Set(found).size).toBe(found.length);
        for (const other of found) expect(other >= 0 && other < islands).toBe(true);
        expect(neighboursOf(topology, islands, island, round, seed)).toEqual(found);
        if (topology === "none" || islands === 1) expect(found).toEqual([]);
        else expect(found.length).toBeGreaterThan(0);
      }
    }),
  );
});

it("has the shapes that its names promise", () => {
  expect(neighboursOf("ring", 4, 0, 1, 7)).toEqual([3]);
  expect(neighboursOf("bidirectional", 4, 0, 1, 7)).toEqual([1, 3]);
  expect(neighboursOf("bidirectional", 2, 0, 1, 7)).toEqual([1]);
  expect(neighboursOf("full", 4, 2, 1, 7)).toEqual([0, 1, 3]);
  const drawn = Array.from({ length: 40 }, (_, round) => neighboursOf("random", 4, 2, round, 7)[0]);
  expect(new Set(drawn)).toEqual(new Set([0, 1, 3]));
});
