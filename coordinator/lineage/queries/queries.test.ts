import { UserError } from "@kevo/core/errors/user-error.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { snapshotFromDatabase } from "../../snapshot/snapshot-from-database.ts";
import { BEGIN, type Builder, buildLineage } from "../lineage-builder.fixture.ts";
import { differenceOf } from "./diff.ts";
import { firstDevice, fitnessHistory } from "./evaluated.ts";
import { failuresOf } from "./failures.ts";
import { islandsOf } from "./islands.ts";
import { latestSearch } from "./latest-search.ts";
import { migrationsOf } from "./migrations.ts";
import { resolveCandidate, resolveRun } from "./resolve.ts";
import { runsOf } from "./runs.ts";
import { detailsOf } from "./show.ts";
import { spendOf, spendOfRuns } from "./spend.ts";
import { winnersTimes } from "./workloads.ts";

let lineage: Builder;
beforeEach(() => {
  lineage = buildLineage();
});
afterEach(() => lineage.remove());

describe("what people type", () => {
  it("finds the latest run, a run by its beginning, and says which runs there are", () => {
    expect(() => resolveRun(lineage.db)).toThrow("no run yet");
    lineage.run({ id: "20260101-aaaa" });
    lineage.run({ id: "20260102-bbbb" });
    expect(resolveRun(lineage.db).id).toBe("20260102-bbbb");
    expect(resolveRun(lineage.db, "20260101").id).toBe("20260101-aaaa");
    expect(() => resolveRun(lineage.db, "2026")).toThrow(/Several runs start with 2026: 20260102-bbbb, 20260101-aaaa/);
    expect(() => resolveRun(lineage.db, "nope")).toThrow(/no run nope.*20260102-bbbb \(attention-cpu\)/);
    // A run named like the beginning of another is not ambiguous; wildcards of SQL are letters like any other.
    lineage.run({ id: "2026" });
    expect(resolveRun(lineage.db, "2026").id).toBe("2026");
    expect(() => resolveRun(lineage.db, "%")).toThrow(UserError);
    expect(() => resolveRun(lineage.db, "")).toThrow(UserError);
  });

  it("finds a candidate in full, shortened, and as the best of a run", () => {
    const older = lineage.run({ id: "20260101-aaaa" });
    const best = lineage.candidate(older, { batch: 12 });
    lineage.ok(best, { speedups: { small: 2 } });
    const run = lineage.run({ id: "20260102-bbbb" });
    const here = lineage.candidate(run, { batch: 12 });
    expect(resolveCandidate(lineage.db, best).id).toBe(best);
    expect(resolveCandidate(lineage.db, "20260101/0/12/0").id).toBe(best);
    expect(resolveCandidate(lineage.db, "0/12/0").id).toBe(here);
    expect(resolveCandidate(lineage.db, "20260101").id).toBe(best);
    expect(() => resolveCandidate(lineage.db)).toThrow(/20260102-bbbb has no measured candidate/);
    expect(() => resolveCandidate(lineage.db, "0/99/0")).toThrow(/no candidate 20260102-bbbb\/0\/99\/0/);
    expect(() => resolveCandidate(lineage.db, "1/2")).toThrow(/run\/island\/batch\/index/);
    expect(() => resolveCandidate(lineage.db, "a/b/c/d")).toThrow(/run\/island\/batch\/index/);
  });
});

it("shows a candidate with all that is stored of it", () => {
  const run = lineage.run();
  const origin = lineage.candidate(run, { config: { tile: 8 } });
  const migrant = lineage.candidate(run, { island: 1, batch: 2, proposer: "migrant", parents: [origin] });
  lineage.ok(migrant, { speedups: { small: 2 }, others: { torch: 4.5 } });
  lineage.measured(migrant, { round: 1, speedups: { small: 1.9 } });
  const twin = lineage.candidate(run, { island: 1, batch: 3, answeredBy: migrant, reason: "tried again" });
  const details = detailsOf(lineage.db, resolveCandidate(lineage.db, migrant));
  expect(details).toMatchObject({
    candidate: migrant,
    config: { tile: 8 },
    proposer: "migrant",
    parents: [origin],
    migration: { origin, from_island: 0, to_island: 1 },
    answered_by: null,
    answers: [twin],
    evaluation: { outcome: "ok", fitness: 2, device_model: "a processor", stopped_early: false },
    attempts: [{ attempt: 1, stage: "TIMING", end: "result" }],
  });
  expect(details.measurements.map((m) => [m.round, m.speedup])).toEqual([
    [0, 2],
    [1, 1.9],
  ]);
  expect(details.measurements[0]).toMatchObject({ others: { torch: 4.5 }, samples: [5] });
  // A twin shows the evaluation that answered it, and no attempts: it made none.
  expect(detailsOf(lineage.db, resolveCandidate(lineage.db, twin))).toMatchObject({
    reason: "tried again",
    answered_by: migrant,
    evaluation: { outcome: "ok" },
    attempts: [],
    migration: null,
  });
});

it("says what sets two candidates apart", () => {
  const run = lineage.run();
  const a = lineage.candidate(run, { config: { tile: 8, order: ["i", "j"], vector: 4 } });
  const b = lineage.candidate(run, { config: { tile: 8, order: ["j", "i"], threads: 2 } });
  lineage.ok(a, { times: { small: 4 }, speedups: { small: 1 } });
  lineage.ok(b, { times: { small: 2 }, speedups: { small: 2 } });
  const rows = [a, b].map((id) => resolveCandidate(lineage.db, id)) as [never, never];
  expect(differenceOf(lineage.db, ...rows)).toEqual({
    a,
    b,
    parameters: [
      { parameter: "order", a: ["i", "j"], b: ["j", "i"] },
      { parameter: "vector", a: 4, b: null },
      { parameter: "threads", a: null, b: 2 },
    ],
    same: 1,
    same_source: true,
    source_diff: null,
    outcomes: { a: "ok", b: "ok" },
    workloads: [
      {
        workload: "small",
        a_ms: expect.closeTo(4),
        b_ms: expect.closeTo(2),
        a_speedup: expect.closeTo(1),
        b_speedup: expect.closeTo(2),
        ratio: expect.closeTo(2),
      },
    ],
  });
});

it("says how each island did, what moved between them, and what became of it", () => {
  const run = lineage.run({ niches: [0, 1, 2].map(() => ({ workloads: null, device: null })) });
  const elite = lineage.candidate(run, { proposer: "crossover" });
  lineage.ok(elite, { speedups: { small: 2 } });
  lineage.ok(lineage.candidate(run), { speedups: { small: 1.5 } });
  lineage.failed(lineage.candidate(run), "incorrect", "no");
  const migrant = lineage.candidate(run, {
    island: 1,
    batch: 4,
    proposer: "migrant",
    parents: [elite],
    answeredBy: elite,
  });
  lineage.candidate(run, { island: 1, batch: 5, parents: [migrant] });
  const islands = islandsOf(lineage.db, run);
  expect(islands[0]).toMatchObject({
    evaluated: 3,
    ok: 2,
    cached: 0,
    best: elite,
    best_fitness: 2,
    best_proposer: "crossover",
    migrants_in: 0,
    migrants_out: 1,
  });
  expect(islands[1]).toMatchObject({
    evaluated: 0,
    cached: 1,
    candidates: 2,
    best: migrant,
    best_fitness: 2,
    migrants_in: 1,
  });
  expect(islands[2]).toMatchObject({ candidates: 0, best: null, exhausted: false });
  expect(migrationsOf(lineage.db, run, 10)).toEqual({
    total: 1,
    rows: [
      {
        candidate: migrant,
        origin: elite,
        from_island: 0,
        to_island: 1,
        batch: 4,
        outcome: "ok",
        fitness: 2,
        time_ms: expect.closeTo(5),
        children: 1,
      },
    ],
  });
});

it("keeps the latest migrations where there are too many", () => {
  const run = lineage.run();
  const elite = lineage.candidate(run);
  const intakes = [1, 2, 3].map((batch) =>
    lineage.candidate(run, { island: 1, batch, proposer: "migrant", parents: [elite] }),
  );
  const { total, rows } = migrationsOf(lineage.db, run, 2);
  expect([total, rows.map((r) => r.candidate)]).toEqual([3, intakes.slice(1)]);
});

it("groups failures by outcome and the first line of what was said", () => {
  const run = lineage.run();
  const say = (message: string) => {
    const id = lineage.candidate(run);
    lineage.failed(id, "compile_error", message);
    return id;
  };
  const same = [
    say("kernel.c:3: no\r\nmore"),
    say("kernel.c:3: no\nother"),
    say("kernel.c:3: no"),
    say("kernel.c:3: no"),
  ];
  const other = say("linker said no");
  const silent = lineage.candidate(run);
  lineage.failed(silent, "timeout", "");
  lineage.ok(lineage.candidate(run), { speedups: { small: 2 } });
  expect(failuresOf(lineage.db, run)).toEqual([
    { outcome: "compile_error", message: "kernel.c:3: no", count: 4, examples: same.slice(0, 3) },
    { outcome: "compile_error", message: "linker said no", count: 1, examples: [other] },
    { outcome: "timeout", message: "", count: 1, examples: [silent] },
  ]);
});

it("groups failures that differ in numbers, folders and addresses only, and no others", () => {
  const run = lineage.run();
  const say = (message: string) => {
    const id = lineage.candidate(run);
    lineage.failed(id, "crashed", message);
    return id;
  };
  const off = ["workload w64: relative error 0.031 at 0x7f3a", "workload w128: relative error 1.5e-3 at 0x55d0"].map(
    say,
  );
  const paths = ["/tmp/a1/b/kernel.c:3:9: no", "/tmp/c2/kernel.c:12:1: no", "kernel.c:7:2: no"].map(say);
  const other = say("/tmp/a1/b/runtime.c:3:9: no");
  expect(failuresOf(lineage.db, run)).toEqual([
    { outcome: "crashed", message: "/tmp/a1/b/kernel.c:3:9: no", count: 3, examples: paths },
    { outcome: "crashed", message: "workload w128: relative error 1.5e-3 at 0x55d0", count: 2, examples: off },
    { outcome: "crashed", message: "/tmp/a1/b/runtime.c:3:9: no", count: 1, examples: [other] },
  ]);
});

it("counts what a per cent gained cost, with calls that are not settled at their worst case", () => {
  const run = lineage.run();
  expect(spendOf(lineage.db, run)).toMatchObject({ usd: 0, device_s: 0, gained_percent: null, models: [] });
  lineage.ok(lineage.candidate(run), { speedups: { small: 1.5 }, laneMs: 4000 });
  lineage.failed(lineage.candidate(run), "timeout", "slow");
  lineage.called(run, { model: "grok-fast", reservedUsd: 1, costUsd: 0.25 });
  lineage.called(run, { model: "grok-fast", reservedUsd: 0.75 });
  const spend = spendOf(lineage.db, run);
  expect(spend).toMatchObject({ usd: 1, device_s: 4.5, compile_s: 0.5, evaluations: 2 });
  expect(spend.models).toMatchObject([{ proposer: "llm", model: "grok-fast", calls: 2, prompt_tokens: 2000, usd: 1 }]);
  expect(spend.gained_percent).toBeCloseTo(50);
  expect(spend.usd_per_percent).toBeCloseTo(0.02);
  expect(spend.device_s_per_percent).toBeCloseTo(0.09);
});

it("deals dollars and device time to islands, proposers, models and prompts", () => {
  const run = lineage.run();
  lineage.ok(lineage.candidate(run, { island: 0, proposer: "llm" }), { speedups: { small: 2 }, laneMs: 3000 });
  lineage.ok(lineage.candidate(run, { island: 1, proposer: "random" }), { speedups: { small: 1 }, laneMs: 1000 });
  const asked = { model: "grok-4.3", reservedUsd: 0.5 };
  lineage.called(run, { ...asked, island: 0, variant: "diverse", costUsd: 0.1, outcome: "ok" });
  lineage.called(run, { ...asked, island: 0, variant: "exploit", costUsd: 0, outcome: "server_error" });
  lineage.called(run, { ...asked, island: 1, variant: "exploit" });
  const { models, islands, proposers, usd } = spendOf(lineage.db, run);
  expect(usd).toBeCloseTo(0.6);
  expect(models.map((m) => [m.variant, m.calls, m.failed, m.usd])).toEqual([
    ["diverse", 1, 0, 0.1],
    ["exploit", 2, 1, 0.5],
  ]);
  expect(islands.map((i) => [i.name, i.device_s, i.calls, i.usd])).toEqual([
    ["0", 3, 2, 0.1],
    ["1", 1, 1, 0.5],
  ]);
  expect(proposers.map((p) => [p.name, p.evaluations, p.device_s, p.calls])).toEqual([
    ["llm", 1, 3, 3],
    ["random", 1, 1, 0],
  ]);
  const other = lineage.run();
  expect(spendOfRuns(lineage.db).map((s) => [s.run, s.usd > 0])).toEqual([
    [other, false],
    [run, true],
  ]);
});

it("names the times of each workload, with everything that was timed beside it", () => {
  const run = lineage.run({ workloads: ["small", "large"] });
  const id = lineage.candidate(run);
  lineage.ok(id, { speedups: { small: 3, large: 3 } });
  for (const [round, torch] of [[1, 4] as const, [2, 9] as const]) {
    lineage.measured(id, { round, speedups: { small: 2, large: 2.5 }, others: { torch } });
  }
  const times = winnersTimes(lineage.db, run);
  expect(times.map((t) => [t.workload, t.candidate])).toEqual([
    ["small", id],
    ["large", id],
  ]);
  expect(times[1]).toMatchObject({ speedup: expect.closeTo(2.5), time_ms: expect.closeTo(4), baseline: "default -O3" });
  expect(times[1]?.others.torch).toBeCloseTo(6);
});

it("lists runs, latest first", () => {
  lineage.run({ id: "old", backend: "replay", evaluations: 7 });
  lineage.ok(lineage.candidate("old"), { times: { small: 2 } });
  lineage.run({ id: "new", status: "running" });
  const [latest, first] = runsOf(lineage.db, BEGIN + 3_600_000);
  expect(latest).toMatchObject({ run: "new", status: "running", best: null, evaluations: 0 });
  expect(latest?.elapsed_s).toBeGreaterThan(3500);
  expect(first).toMatchObject({
    run: "old",
    evaluations: 1,
    budget: 7,
    speedup: null,
    time_ms: expect.closeTo(2),
    elapsed_s: 60,
  });
});

describe("a snapshot from the database", () => {
  it("says what another process is doing", () => {
    const run = lineage.run({ status: "running", evaluations: 10 });
    const best = lineage.candidate(run, { proposer: "crossover" });
    lineage.ok(best, { speedups: { small: 2 } });
    lineage.failed(lineage.candidate(run), "timeout", "slow");
    lineage.candidate(run, { island: 1 });
    lineage.candidate(run, { island: 1, answeredBy: best });
    // Two evaluations in the last ten seconds, eight to go.
    const snapshot = snapshotFromDatabase(lineage.db, run, BEGIN + 11_000);
    expect(snapshot).toMatchObject({
      phase: "evolving",
      objective: "speedup",
      elapsedS: 10,
      perSecond: 0.2,
      remainingS: 40,
      budget: 10,
      evaluated: 2,
      cached: 1,
      outcomes: { ok: 1, timeout: 1, crashed: 0 },
      best: { candidate: best, fitness: 2, speedup: 2, proposer: "crossover" },
    });
    expect(snapshot.islands).toMatchObject([
      { island: 0, evaluated: 2, outstanding: 0, bestFitness: 2 },
      { island: 1, evaluated: 0, outstanding: 1, bestFitness: 2, bestTimeMs: expect.closeTo(5) },
    ]);
    lineage.measured(best, { round: 1, speedups: { small: 2 } });
    // How long the finalists take, the rate of the search does not say.
    const remeasuring = { phase: "re-measuring the finalists", perSecond: null, remainingS: null };
    expect(snapshotFromDatabase(lineage.db, run, BEGIN + 11_000)).toMatchObject(remeasuring);
  });

  it("knows that the budget is spent before the first finalist is measured", () => {
    const run = lineage.run({ status: "running", evaluations: 1 });
    lineage.ok(lineage.candidate(run), { speedups: { small: 2 } });
    const remeasuring = { phase: "re-measuring the finalists", perSecond: null, remainingS: null };
    expect(snapshotFromDatabase(lineage.db, run, BEGIN + 11_000)).toMatchObject(remeasuring);
  });

  it("says how a run ended", () => {
    const run = lineage.run({ status: "stopped" });
    expect(snapshotFromDatabase(lineage.db, run)).toMatchObject({
      phase: "stopped",
      elapsedS: 60,
      remainingS: null,
      perSecond: null,
    });
  });
});

it("tells an earlier search from others, and gives its evaluations in their order", () => {
  const run = lineage.run({ id: "20260101-aaaa", workloads: ["small"] });
  const candidates = [0, 1, 2].map((index) => lineage.candidate(run, { index, config: { tile: 8 * index } }));
  lineage.ok(candidates[2] as string, { speedups: { small: 2 } });
  lineage.failed(candidates[0] as string, "incorrect", "off");
  lineage.ok(candidates[1] as string, { speedups: { small: 4 } });
  expect(fitnessHistory(lineage.db, run)).toEqual([2, null, 4]);
  expect(firstDevice(lineage.db, run)).toBe("a processor");
  expect(firstDevice(lineage.db, "another")).toBeNull();
  const search = { kernel: "0".repeat(64), seed: 1, evaluations: 100, islands: 2, workloads: ["small"] };
  expect(latestSearch(lineage.db, search)).toEqual({ id: run, status: "completed" });
  expect(latestSearch(lineage.db, { ...search, islands: 3 })).toBeNull();
});
