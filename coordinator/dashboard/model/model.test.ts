import { labelledRandom } from "@kevo/core/random/random.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { applyEntry, diversityOf, openIsland } from "@kevo/island-worker/evolution/island.ts";
import type { OpenedEntry } from "@kevo/proto/log.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { describe, expect, test } from "vitest";
import { believed } from "./believed.ts";
import { improvementsOf } from "./best-curve.ts";
import { DistinctValues } from "./distinct-values.ts";
import { groupFailures } from "./failures.ts";
import { importanceIn } from "./forest.ts";
import { foldIslands } from "./island-fold.ts";
import { measuredRows } from "./landscape-rows.ts";
import { sortedParameters } from "./parameters.ts";
import { PlaceIndex } from "./place-index.ts";
import { RunTable } from "./run-table.ts";
import { RunView } from "./run-view.ts";
import { elapsedAt, sessionsOf } from "./timeline.ts";

const LEVELS = 8;

/** A run of one island whose fitness depends on A alone. */
function tableOf(count: number): RunTable {
  const random = labelledRandom("a table");
  const table = new RunTable("run");
  for (let n = 0; n < count; n++) {
    const [a, b] = [random.integer(LEVELS), random.integer(LEVELS)];
    const candidate = {
      ...{ island: 0, batch: n >> 1, position: n % 2, proposer: "random", evolved: false, answeredBy: null },
      ...{ config: JSON.stringify({ A: a, B: b }), createdAt: 10 * n },
    };
    const evaluation = {
      ...{ candidate: `run/0/${n >> 1}/${n % 2}`, outcome: "ok" as const, fitness: 1 + a / LEVELS, timeMs: 1 },
      ...{ laneMs: 1, stoppedEarly: false, createdAt: 10 * n + 5 },
    };
    table.add([candidate], [evaluation]);
  }
  return table;
}

/** The same, but a configuration that was evaluated before takes that result. */
function tableWithTwins(count: number): RunTable {
  const random = labelledRandom("twins");
  const table = new RunTable("run");
  const known = new Map<string, string>();
  for (let n = 0; n < count; n++) {
    const config = JSON.stringify({ A: random.integer(LEVELS), B: random.integer(LEVELS) });
    const id = `run/0/${n}/0`;
    const answeredBy = known.get(config) ?? null;
    const place = { island: 0, batch: n, position: 0, proposer: "random", evolved: false };
    const accepted = { ...place, config, answeredBy, createdAt: 10 * n };
    const fitness = 1 + random.uniform();
    const result = {
      outcome: "ok" as const,
      fitness,
      timeMs: 1,
      laneMs: 1,
      stoppedEarly: false,
      createdAt: 10 * n + 5,
    };
    table.add([accepted], answeredBy === null ? [{ candidate: id, ...result }] : []);
    if (answeredBy === null) known.set(config, id);
  }
  return table;
}

test("a view of a position knows nothing of what came later", () => {
  const table = tableOf(50);
  for (const at of [0, 1, 17, 50]) {
    const view = new RunView(table, at);
    expect([...view.counted()]).toHaveLength(at);
    for (let row = 0; row < view.size; row++) {
      const evaluation = table.evaluation.get(row);
      expect(view.outcomeOf(row)).toBe(evaluation <= at ? "ok" : null);
    }
    // A log has one entry for its opening, which is number 0, one for each batch, and one for each result.
    const batches = new Set(Array.from({ length: view.size }, (_, row) => table.batch.get(row))).size;
    expect(view.logs(1)).toEqual([batches + at]);
  }
});

test("improvements rise, and end at the best", () => {
  const view = new RunView(tableOf(50), undefined);
  const steps = improvementsOf(view);
  for (const [at, { fitness, before }] of steps.entries()) {
    expect(before).toBe(steps[at - 1]?.fitness ?? Number.NaN);
    if (at > 0) expect(fitness).toBeGreaterThan(before);
  }
  expect(steps.at(-1)?.row).toBe(view.best());
});

test("the clock of a run stands still between its sessions, also where a coordinator was killed", () => {
  const events = [
    ...[
      { kind: "started", at: 100 },
      { kind: "interrupted", at: 1_000 },
    ],
    // Killed: the last thing that was stored is of 5,500.
    ...[
      { kind: "started", at: 5_000 },
      { kind: "started", at: 9_000 },
    ],
  ];
  const sessions = sessionsOf(0, events, () => 5_500);
  expect(sessions).toEqual([
    { from: 0, to: 1_000 },
    { from: 5_000, to: 5_500 },
    { from: 9_000, to: null },
  ]);
  expect(elapsedAt(sessions, 3_000)).toBe(1);
  expect(elapsedAt(sessions, 10_000)).toBe(2.5);
});

test("each value has one number, whichever type it has and however many there are", () => {
  const distinct = new DistinctValues();
  const values = [0, 1, "1", true, [1, 2], 0.5, "0.5", [1], ...Array.from({ length: 300 }, (_, n) => n * 1.25 - 7)];
  for (const value of [...values, ...values]) {
    const number = distinct.numberOf(value);
    expect(distinct.list[number]).toEqual(value);
    expect(distinct.numberOf(structuredClone(value))).toBe(number);
  }
  expect(distinct.list).toEqual([...new Map(values.map((value) => [JSON.stringify(value), value])).values()]);
  expect(distinct.numberOf(-0)).toBe(0);
});

test("a place is found among many, and no other", () => {
  const places = Array.from({ length: 5_000 }, (_, n) => [n % 7, Math.floor(n / 7), n % 3] as const);
  const column = (part: 0 | 1 | 2) => ({ get: (row: number) => places[row]?.[part] as number });
  const index = new PlaceIndex({ island: column(0), batch: column(1), position: column(2) });
  for (const row of places.keys()) index.add(row);
  for (const [row, place] of places.entries()) expect(index.find(...place)).toBe(row);
  expect(index.find(8, 0, 0)).toBeNull();
});

test("a candidate is found by its name, and by no other", () => {
  const table = tableOf(20);
  const id = table.idOf(7);
  expect(table.rowOf(id)).toBe(7);
  for (const other of ["", "/", id.slice(1), `${id}/0`, `${id}x`, id.replace(/\/\d+$/, ""), `${id}${"0".repeat(40)}`])
    expect(table.rowOf(other), other).toBeNull();
});

describe("the landscape", () => {
  const view = new RunView(tableOf(200), undefined);

  test("importance finds the parameter that matters", () => {
    const parameters = sortedParameters(view.table);
    const rows = measuredRows(view, [0]);
    const { shares, r2 } = importanceIn(
      {
        ranks: rows.map((row) => Int32Array.from(parameters, ({ column, rank }) => rank[column.at.get(row)] as number)),
        values: Float64Array.from(rows, (row) => Math.log(view.table.fitness.get(row))),
        sizes: parameters.map(({ values }) => values.length),
      },
      "test",
    );
    const [a, b] = ["A", "B"].map((name) => shares[parameters.findIndex(({ column }) => column.name === name)]);
    expect(a?.mean).toBeGreaterThan(0.9);
    expect(b?.mean).toBeLessThan(0.05);
    expect(r2).toBeGreaterThan(0.9);
  });

  test("a slice believes what was measured, within its bounds", () => {
    const parameters = sortedParameters(view.table);
    const believes = believed(view, measuredRows(view, [0]), parameters, "test").open();
    const at = parameters.findIndex(({ column }) => column.name === "A");
    for (let level = 0; level < LEVELS; level++) {
      const { mean, low, high } = believes(parameters.map((_, parameter) => (parameter === at ? level : 3)));
      expect(mean).toBeCloseTo(1 + level / LEVELS, 1);
      expect(low).toBeLessThanOrEqual(mean);
      expect(high).toBeGreaterThanOrEqual(mean);
    }
  });
});

test("a folded island is as diverse as the island itself", () => {
  const table = tableWithTwins(200);
  const parameters = ["A", "B"].map((name) => ({
    ...{ name, type: "ordinal" as const, values: Array.from({ length: LEVELS }, (_, value) => value) },
  }));
  const space = openSpace({ parameters, constraints: [] });
  const common = { v: WIRE_VERSION, run: "run", island: 0 } as const;
  const island = openIsland(space, { ...common, n: 0, type: "opened", spec: {} } as unknown as OpenedEntry);
  let n = 0;
  for (let row = 0; row < table.size; row++) {
    const candidate = {
      ...{ id: table.idOf(row), index: 0, config: table.configOf(row), source: null, proposer: "random" },
      ...{ parents: [], reason: null, genome: JSON.stringify(table.configOf(row)) },
    };
    applyEntry(island, { ...common, n: ++n, type: "asked", k: row, candidates: [candidate] });
    applyEntry(island, {
      ...{ ...common, n: ++n, type: "evaluated" as const, candidate: candidate.id, outcome: "ok" as const },
      ...{
        cached: table.answer.get(row) !== row,
        fitness: table.fitness.get(table.answer.get(row)),
        time_ms: 1,
        measurements: [],
        message: null,
        device: null,
      },
    });
  }
  const [folded] = foldIslands(new RunView(table, undefined), 1);
  const last = (folded?.batches.batch.length ?? 0) - 1;
  expect(folded?.batches.bestSoFar.get(last)).toBe(island.population[0]?.fitness);
  expect(folded?.restarts.length).toBeGreaterThan(0);
  expect(folded?.batches.diversity.get(last)).toBe(diversityOf(island));
  expect(diversityOf(island)).toBeGreaterThan(0);
  expect(folded?.cached).toBeGreaterThan(50);
});

test("failures that differ in numbers alone are one group, and a line of a megabyte takes no time", () => {
  const failed = ["error: line 3", "error: line 41", `${"x".repeat(1_000_000)}/`, "error: line 3"].map(
    (message, at) => ({
      ...{ candidate: `run/0/${at}/0`, outcome: "compile_error" as const, message },
    }),
  );
  const groups = groupFailures(failed);
  expect(groups.map(({ count }) => count)).toEqual([3, 1]);
  expect(groups[0]).toMatchObject({ message: "error: line 3", examples: ["run/0/0/0", "run/0/3/0", "run/0/1/0"] });
});
