import { openSpace, type SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { LogEntry } from "@kevo/proto/log.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyEntry, ask, diversityOf, elitesOf, type Island, openIsland } from "./island.ts";
import { applyKnowledge, type Knowledge, openKnowledge } from "./knowledge.ts";
import { askedEntry, evaluatedEntry, openedEntry, ridge, ridgeTime, specOf } from "./ridge.fixture.ts";

/** Generations of all islands in turn; returns every island's log. */
function evolve(
  spec: RunSpec,
  generations: number,
  count = spec.batch_size,
  space: SearchSpace = ridge,
  timeOf: (config: Config) => number | null = ridgeTime,
): LogEntry[][] {
  const knowledge = openKnowledge(space, spec);
  const logs: LogEntry[][] = spec.islands.map(({ index }) => [openedEntry(spec, index)]);
  const islands = spec.islands.map(({ index }) => openIsland(space, openedEntry(spec, index)));
  const append = (index: number, entry: LogEntry) => {
    (logs[index] as LogEntry[]).push(entry);
    applyEntry(islands[index] as Island, entry);
    applyKnowledge(knowledge, entry);
  };
  for (const log of logs) applyKnowledge(knowledge, log[0] as LogEntry);
  for (let k = 0; k < generations; k++) {
    const offered = islands.map((_, index) => (k % 5 === 4 ? elitesOf(islands.at(index - 1) as Island, 1) : []));
    const asked = islands.map((island, index) => {
      const proposals = ask(island, knowledge, { k, count, migrants: offered[index] ?? [] });
      const entry = askedEntry(spec, index, island.next, k, proposals);
      if (!spec.sync) append(index, entry);
      return entry;
    });
    if (spec.sync) for (const entry of asked) append(entry.island, entry);
    for (const { island, candidates } of asked) {
      for (const { id, config } of candidates) {
        const n = (islands[island] as Island).next;
        append(island, evaluatedEntry(spec, island, n, id, timeOf(config)));
      }
    }
  }
  return logs;
}

function fold(
  spec: RunSpec,
  logs: LogEntry[][],
  next: (left: number[]) => number,
  space: SearchSpace = ridge,
): [Island[], Knowledge] {
  const knowledge = openKnowledge(space, spec);
  const islands: Island[] = [];
  const at = logs.map(() => 0);
  for (;;) {
    const open = [...at.keys()].filter((index) => (at[index] as number) < (logs[index] as LogEntry[]).length);
    if (open.length === 0) return [islands, knowledge];
    const index = open[next(open)] as number;
    const entry = (logs[index] as LogEntry[])[at[index] as number] as LogEntry;
    at[index] = (at[index] as number) + 1;
    applyKnowledge(knowledge, entry);
    if (entry.type === "opened") islands[index] = openIsland(space, entry);
    else applyEntry(islands[index] as Island, entry);
  }
}

describe("an island", () => {
  const spec = specOf({ count: 3 });
  const logs = evolve(spec, 6);
  /** Two devices, one of them with two islands. */
  const islandsOfTwo = ["A", "B", "A"].map((device, index) => ({ index, niche: { workloads: null, device } }));
  const inStep = specOf({ islands: islandsOfTwo, sync: true });
  const logsInStep = evolve(inStep, 6);
  const first = () => 0;

  it("in step proposes the same from the same logs, however they were interleaved", () => {
    const proposalsOf = ([islands, knowledge]: [Island[], Knowledge]) =>
      islands.map((island) => ask(island, knowledge, { k: 6, count: 5, migrants: [] }));
    const expected = proposalsOf(fold(inStep, logsInStep, first));
    expect(expected.flat().length).toBe(15);
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(2)), (choices) => {
        const folded = fold(inStep, logsInStep, (open) => (choices.next().value ?? 0) % open.length);
        // Knowledge gained in between must leave no traces either.
        folded[0].slice(0, 1).map((island) => ask(island, folded[1], { k: 6, count: 1, migrants: [] }));
        expect(proposalsOf(folded)).toEqual(expected);
      }),
      { numRuns: 4 },
    );
  });

  it("in step proposes the same when it was asked all along", () => {
    const knowledge = openKnowledge(ridge, inStep);
    const islands: Island[] = [];
    for (const entry of logsInStep.flat().toSorted((a, b) => a.n - b.n || a.island - b.island)) {
      applyKnowledge(knowledge, entry);
      if (entry.type === "opened") islands[entry.island] = openIsland(ridge, entry);
      else applyEntry(islands[entry.island] as Island, entry);
      for (const island of islands) ask(island, knowledge, { k: island.batches, count: 1, migrants: [] });
    }
    const [afresh, known] = fold(inStep, logsInStep, first);
    for (const [index, island] of islands.entries()) {
      const request = { k: 6, count: 4, migrants: [] };
      expect(ask(island, knowledge, request)).toEqual(ask(afresh[index] as Island, known, request));
    }
  });

  it("changes nothing by asking, and nothing by an entry that it knows", () => {
    const [islands, knowledge] = fold(spec, logs, first);
    const island = islands[1] as Island;
    const before = structuredClone({ ...island, space: null });
    ask(island, knowledge, { k: 6, count: 3, migrants: [] });
    for (const entry of (logs[1] as LogEntry[]).slice(1, 5)) applyEntry(island, entry);
    expect({ ...island, space: null }).toEqual(before);
  });

  it("refuses a gap, and an entry of another island", () => {
    const [, knowledge] = fold(spec, logs, first);
    const log = logs[0] as LogEntry[];
    const island = openIsland(ridge, openedEntry(spec, 0));
    expect(() => applyEntry(island, log[2] as LogEntry)).toThrow("entry 2 arrived, but 1 is next");
    expect(() => applyEntry(island, (logs[1] as LogEntry[])[1] as LogEntry)).toThrow("island run/1");
    expect(() => applyKnowledge(knowledge, { ...(log.at(-1) as LogEntry), n: 999 })).toThrow("entry 999");
  });

  it("never proposes what any island has evaluated or has on its way, except migrants", () => {
    const genomes = logs
      .flat()
      .flatMap((entry) => (entry.type === "asked" ? entry.candidates.filter((c) => c.proposer !== "migrant") : []))
      .map(({ genome }) => genome);
    expect(genomes.length).toBeGreaterThan(60);
    expect(new Set(genomes).size).toBe(genomes.length);
  });

  it("deals candidates out where the islands ask at the same time", () => {
    const together = evolve(specOf({ count: 3, sync: true }), 6);
    const genomes = together
      .flat()
      .flatMap((entry) => (entry.type === "asked" ? entry.candidates.filter((c) => c.proposer !== "migrant") : []))
      .map(({ genome }) => genome);
    expect(genomes.length).toBeGreaterThan(60);
    expect(new Set(genomes).size).toBeGreaterThan(0.9 * genomes.length);
  });

  it("keeps its best, tells distinct elites best first, and a diversity between 0 and 1", () => {
    const [islands] = fold(spec, logs, first);
    for (const [index, island] of islands.entries()) {
      const fitness = (logs[index] as LogEntry[]).map((entry) =>
        entry.type === "evaluated" ? (entry.fitness ?? 0) : 0,
      );
      const elites = elitesOf(island, 5);
      expect(elites[0]?.fitness).toBe(Math.max(...fitness));
      expect(new Set(elites.map(({ genome }) => genome)).size).toBe(elites.length);
      expect(elites.map((elite) => elite.fitness)).toEqual(
        elites.map((elite) => elite.fitness).toSorted((a, b) => b - a),
      );
      expect(diversityOf(island)).toBeGreaterThan(0);
      expect(diversityOf(island)).toBeLessThanOrEqual(1);
    }
  });

  it("takes an offered elite in once, as a migrant with its origin", () => {
    const [islands, knowledge] = fold(spec, logs, first);
    const [giver, taker] = islands as [Island, Island];
    const foreign = elitesOf(giver, 24).filter(
      ({ genome }) => !taker.population.some((member) => member.genome === genome),
    );
    const [elite] = foreign;
    if (elite === undefined) throw new Error("the islands have nothing to give each other");
    const request = { k: 6, count: 2, migrants: [elite, elite] };
    const [migrant, other] = ask(taker, knowledge, request);
    expect(migrant).toMatchObject({ proposer: "migrant", parents: [elite.candidate], config: elite.config });
    expect(other?.proposer).not.toBe("migrant");
    applyEntry(taker, askedEntry(spec, 1, taker.next, 6, [migrant as never]));
    applyKnowledge(knowledge, askedEntry(spec, 1, taker.next - 1, 6, [migrant as never]));
    expect(ask(taker, knowledge, { ...request, k: 7 }).some(({ proposer }) => proposer === "migrant")).toBe(false);
  });
});

describe("a run", () => {
  it("begins with the default configuration, on island 0 only", () => {
    const spec = specOf();
    const start = ridge.decode(ridge.enumerated?.[5] ?? []);
    const baseline = ridge.decode(ridge.enumerated?.[9] ?? []);
    const genes = [start, baseline].map((config) => ridge.encode(config));
    const space = { ...ridge, start: ridge.encode(start), starts: genes };
    const knowledge = openKnowledge(space, spec);
    const begin = (index: number) =>
      ask(openIsland(space, openedEntry(spec, index)), knowledge, { k: 0, count: 3, migrants: [] });
    expect(begin(0)[0]).toMatchObject({ config: start, proposer: "seed" });
    expect(begin(1)).not.toContainEqual(expect.objectContaining({ config: start }));

    // A baseline is a candidate from the start; runs of before began with the default alone.
    const competing = { ...spec, baselines_start: true };
    const asked = ask(openIsland(space, openedEntry(competing, 0)), openKnowledge(space, competing), {
      ...{ k: 0, count: 3, migrants: [] },
    });
    expect(asked.slice(0, 2)).toMatchObject([{ config: start }, { config: baseline, proposer: "seed" }]);
    expect(begin(0)).not.toContainEqual(expect.objectContaining({ config: baseline }));
  });

  it.each(["default", "random"] as const)("exhausts a space completely and then proposes nothing (%s)", (search) => {
    const spec = specOf({ search, count: 2 });
    const small = openSpace({
      parameters: [
        { name: "A", type: "integer", min: 1, max: 8, step: 1 },
        { name: "B", type: "categorical", values: ["x", "y", "z"] },
      ],
      constraints: ['A != 4 or B == "x"'],
    });
    const logs = evolve(spec, 4, 4, small, ({ A }) => Number(A));
    const genomes = logs
      .flat()
      .flatMap((entry) => (entry.type === "asked" ? entry.candidates.map((c) => c.genome) : []));
    expect(genomes.length).toBe(small.count);
    expect(new Set(genomes).size).toBe(22);
    const [islands, knowledge] = fold(spec, logs, () => 0, small);
    expect(ask(islands[0] as Island, knowledge, { k: 4, count: 4, migrants: [] })).toEqual([]);
  });

  it("measures again where the niche differs, and shares results where it does not", () => {
    const niche = (device: string) => ({ workloads: null, device });
    const spec = specOf({
      islands: [
        { index: 0, niche: niche("A") },
        { index: 1, niche: niche("B") },
        { index: 2, niche: niche("A") },
      ],
    });
    const logs = evolve(spec, 3);
    const genomesOf = (island: number) =>
      (logs[island] as LogEntry[]).flatMap((entry) =>
        entry.type === "asked" ? entry.candidates.filter((c) => c.proposer !== "migrant").map((c) => c.genome) : [],
      );
    expect(genomesOf(0).filter((genome) => genomesOf(2).includes(genome))).toEqual([]);
    const [, knowledge] = fold(spec, logs, () => 0);
    expect([...knowledge.niches.values()].map(({ observations }) => observations.length)).toEqual([24, 12]);
  });

  it("lets a configuration from outside the space pass by", () => {
    const spec = specOf({ count: 1 });
    const knowledge = openKnowledge(ridge, spec);
    const island = openIsland(ridge, openedEntry(spec, 0));
    const alien = { config: { BLOCK: 7 }, source: null, proposer: "llm", parents: [], reason: null };
    const entries = [
      openedEntry(spec, 0),
      askedEntry(spec, 0, 1, 0, [alien]),
      evaluatedEntry(spec, 0, 2, "run/0/0/0", null),
    ];
    for (const entry of entries) applyKnowledge(knowledge, entry);
    for (const entry of entries.slice(1)) applyEntry(island, entry);
    expect(ask(island, knowledge, { k: 1, count: 2, migrants: [] })).toHaveLength(2);
  });
});
