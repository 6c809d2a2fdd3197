import { afterEach, beforeEach, expect, it } from "vitest";
import { type Builder, buildLineage } from "../lineage-builder.fixture.ts";
import { ranking } from "./ranking.ts";

let lineage: Builder;
beforeEach(() => {
  lineage = buildLineage();
});
afterEach(() => lineage.remove());

it("ranks finalists before single evaluations, and what was stopped early last", () => {
  const run = lineage.run();
  const [stopped, single, slowFinal, fastFinal] = [1, 2, 3, 4].map(() => lineage.candidate(run)) as string[];
  lineage.ok(stopped as string, { speedups: { small: 9 }, stoppedEarly: true });
  lineage.ok(single as string, { speedups: { small: 3 } });
  for (const [id, speedup] of [[slowFinal, 1.5] as const, [fastFinal, 2] as const]) {
    lineage.ok(id as string, { speedups: { small: 2.5 } });
    lineage.measured(id as string, { round: 1, speedups: { small: speedup } });
  }
  lineage.failed(lineage.candidate(run), "crashed", "no");
  const ranked = ranking(lineage.db, run, 10);
  expect(ranked.map((r) => r.candidate)).toEqual([fastFinal, slowFinal, single, stopped]);
  expect(ranked.map((r) => r.rounds)).toEqual([1, 1, 0, 0]);
  expect(ranking(lineage.db, run, 3)).toEqual(ranked.slice(0, 3));
});

it("ranks every candidate once, over the workloads that count, however its rows lie", () => {
  const run = lineage.run({ workloads: ["small", "large"] });
  const ids = [1, 2, 3, 4].map(() => lineage.candidate(run)) as [string, string, string, string];
  // Equally good, so only their ids order the rows of the first two; the third was begun as a finalist, not finished.
  for (const id of ids.slice(0, 3)) lineage.ok(id, { speedups: { small: 2, large: 8, unrelated: 100 } });
  lineage.measured(ids[2], { round: 1, speedups: { small: 50 } });
  lineage.ok(ids[3], { speedups: { small: 1, large: 1 } });
  const ranked = ranking(lineage.db, run, 10);
  expect(ranked.map((r) => [r.candidate, r.rounds])).toEqual(ids.map((id) => [id, 0]));
  expect(ranked.map((r) => r.speedup)).toEqual([4, 4, 4, 1].map((speedup) => expect.closeTo(speedup, 9)));
  expect(ranking(lineage.db, run, 2)).toEqual(ranked.slice(0, 2));
});

it("ranks equals in the order in which they were proposed, also where a limit falls among them", () => {
  const run = lineage.run();
  const ids = [9, 5, 7, 1, 3].map((batch) => lineage.candidate(run, { batch }));
  for (const [at, id] of ids.entries()) lineage.ok(id, { speedups: { small: at === 4 ? 3 : 2 } });
  const order = [ids[4], ...ids.slice(0, 4)];
  for (const limit of [1, 2, 3, 5, 6, Number.MAX_SAFE_INTEGER]) {
    expect(ranking(lineage.db, run, limit).map((r) => r.candidate)).toEqual(order.slice(0, limit));
  }
  // Recordings: the fitness is the time, or something else with no time at all.
  const recorded = lineage.run({ backend: "replay" });
  const timed = [4, 2, 2].map((ms) => {
    const id = lineage.candidate(recorded);
    lineage.ok(id, { times: { small: ms } });
    return id;
  });
  expect(ranking(lineage.db, recorded, 2).map((r) => r.candidate)).toEqual(timed.slice(1));
});

it("ranks the candidates of one run alone, though two were written at once", () => {
  const [run, other] = [lineage.run(), lineage.run()];
  const ids = [3, 9, 6].map((speedup) => {
    lineage.ok(lineage.candidate(other), { speedups: { small: 100 } });
    const id = lineage.candidate(run);
    lineage.ok(id, { speedups: { small: speedup } });
    return id;
  });
  expect(ranking(lineage.db, run, 10).map((r) => r.candidate)).toEqual([ids[1], ids[2], ids[0]]);
});
