import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Builder, buildLineage } from "../lineage-builder.fixture.ts";
import { candidates, parents } from "../schema.ts";
import { ancestorsOf, descendantsOf } from "./descent.ts";

let lineage: Builder;
beforeEach(() => {
  lineage = buildLineage();
});
afterEach(() => lineage.remove());

const places = (relatives: readonly { candidate: string; depth: number }[]) =>
  relatives.map(({ candidate, depth }) => [candidate, depth]);

describe("descent", () => {
  it("crosses islands, counts generations on the shortest way, and puts the nearest first", () => {
    const run = lineage.run();
    const seed = lineage.candidate(run, { proposer: "seed" });
    const child = lineage.candidate(run, { batch: 1, parents: [seed] });
    // The seed is a parent and a grandparent of it.
    const both = lineage.candidate(run, { batch: 2, proposer: "crossover", parents: [child, seed] });
    const migrant = lineage.candidate(run, { island: 1, batch: 10, proposer: "migrant", parents: [both] });
    const twin = lineage.candidate(run, { island: 1, batch: 9, parents: [both], answeredBy: child });
    lineage.ok(child, { speedups: { small: 2 } });
    lineage.candidate(run, { batch: 3 });
    expect(places(ancestorsOf(lineage.db, migrant))).toEqual([
      [both, 1],
      [seed, 2],
      [child, 2],
    ]);
    const down = descendantsOf(lineage.db, seed);
    expect(places(down)).toEqual([
      [child, 1],
      [both, 1],
      [twin, 2],
      [migrant, 2],
    ]);
    expect(down.map((d) => d.migrant)).toEqual([false, false, false, true]);
    expect(down[1]?.parents).toEqual([child, seed]);
    // A candidate that an evaluation answered shows it.
    expect(down[2]).toMatchObject({ outcome: "ok", fitness: 2 });
    expect(ancestorsOf(lineage.db, seed)).toEqual([]);
  });

  it("is the same seen from either side", () => {
    const links = fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 2, maxLength: 25 });
    fc.assert(
      fc.property(links, (generations) => {
        const run = lineage.run();
        const ids: string[] = [];
        for (const [i, picks] of generations.entries()) {
          const chosen = i === 0 ? [] : [...new Set(picks.map((pick) => ids[pick % i] as string))];
          ids.push(lineage.candidate(run, { batch: i, parents: chosen }));
        }
        const up = new Set(
          ids.flatMap((id) => ancestorsOf(lineage.db, id).map((a) => `${a.candidate} ${id} ${a.depth}`)),
        );
        const down = ids.flatMap((id) => descendantsOf(lineage.db, id).map((d) => `${id} ${d.candidate} ${d.depth}`));
        expect(new Set(down)).toEqual(up);
      }),
      { numRuns: 25 },
    );
  });

  it("answers for ten thousand ancestors at once, however many ways lead to them", () => {
    const run = lineage.run();
    const SIZE = 10_000;
    const id = (n: number) => `${run}/0/${n}/0`;
    lineage.db.transaction((tx) => {
      for (let n = 0; n < SIZE; n++) {
        const row = { id: id(n), run, island: 0, batch: n, position: 0, genome: String(n), config: "{}" };
        tx.insert(candidates)
          .values({ ...row, proposer: "crossover", createdAt: n })
          .run();
        // The number of ways to the first one grows like the Fibonacci numbers.
        for (const back of n === 0 ? [] : n === 1 ? [1] : [1, 2]) {
          tx.insert(parents)
            .values({ candidate: id(n), position: back, parent: id(n - back) })
            .run();
        }
      }
    });
    const up = ancestorsOf(lineage.db, id(SIZE - 1));
    expect(up).toHaveLength(SIZE - 1);
    expect(up.at(-1)).toMatchObject({ candidate: id(0), depth: SIZE / 2 });
    expect(descendantsOf(lineage.db, id(0))).toHaveLength(SIZE - 1);
  });
});
