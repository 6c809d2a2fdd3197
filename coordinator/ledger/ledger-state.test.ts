import { openSpace } from "@kevo/core/search-space/search-space.ts";
import type { EvaluatedEntry, LogEntry, Proposal } from "@kevo/proto/log.ts";
import { specOf } from "@kevo/proto/run.fixture.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recordOf } from "./evaluation-record.fixture.ts";
import { LedgerState } from "./ledger-state.ts";
import type { Offer } from "./offer.ts";
import type { AcceptedCandidate, Effects, EvaluationRecord } from "./records.ts";
import { verdictOf } from "./verdict.ts";

const space = openSpace({
  parameters: [{ name: "TILE", type: "integer", min: 0, max: 999, step: 1 }],
  constraints: ["TILE != 13"],
});

const threeIslands = (change: Partial<RunSpec> = {}): RunSpec =>
  specOf({ run: "r", count: 3, workloads: ["w"], evaluations: 20, ...change });

const proposal = (tile: number, proposer = "random"): Proposal => ({
  config: { TILE: tile },
  source: null,
  proposer,
  parents: [],
  reason: null,
});

function opened(change: Partial<RunSpec> = {}): LedgerState {
  const state = new LedgerState(threeIslands(change), space);
  state.open();
  for (const island of state.islands) island.epoch = 1;
  return state;
}

function offer(state: LedgerState, island: number, k: number, tiles: number[], epoch = 1, window = 100): Offer {
  const proposals = tiles.map((tile) => proposal(tile));
  const request = { v: WIRE_VERSION, worker: "w", island, epoch, k, proposals, diversity: null } as const;
  return state.offer(request, window);
}

const evaluated = (effects: Effects | null) =>
  (effects?.entries ?? []).filter((entry): entry is EvaluatedEntry => entry.type === "evaluated");

describe("a batch", () => {
  test("a proposal whose inactive parameters are not canonical is refused: its twin would be evaluated twice", () => {
    const conditional = openSpace({
      parameters: [
        { name: "TILE", type: "integer", min: 0, max: 9, step: 1 },
        { name: "SPLIT", type: "integer", min: 0, max: 3, step: 1, activeWhen: "TILE > 4" },
      ],
      constraints: [],
    });
    const state = new LedgerState(threeIslands(), conditional);
    state.open();
    for (const island of state.islands) island.epoch = 1;
    const offered = (k: number, config: Record<string, number>) => {
      const proposals = [{ ...proposal(0), config }];
      return state.offer({ v: WIRE_VERSION, worker: "w", island: 0, epoch: 1, k, proposals, diversity: null }, 100);
    };
    expect(offered(0, { TILE: 2, SPLIT: 3 })).toMatchObject({
      refusal: {
        code: "invalid_proposal",
        reason: expect.stringContaining("SPLIT is inactive there, so it must be 0"),
      },
    });
    expect(offered(0, { TILE: 2, SPLIT: 0 })).toMatchObject({ refusal: null });
    expect(offered(1, { TILE: 7, SPLIT: 3 })).toMatchObject({ refusal: null });
  });

  test("is refused under another epoch, out of turn, or with a configuration outside the space", () => {
    const state = opened();
    expect(offer(state, 0, 0, [1], 2)).toMatchObject({
      status: "refused",
      refusal: { code: "stale_epoch" },
    });
    expect(offer(state, 0, 1, [1])).toMatchObject({
      status: "refused",
      refusal: { code: "wrong_number" },
    });
    expect(offer(state, 0, 0, [13])).toMatchObject({
      status: "refused",
      refusal: { code: "invalid_proposal", reason: expect.stringContaining('"TILE":13') },
    });
    expect(offer(state, 0, 0, [1000])).toMatchObject({
      status: "refused",
      refusal: { code: "invalid_proposal", reason: expect.stringContaining("TILE") },
    });
    expect(offer(state, 7, 0, [1])).toMatchObject({
      status: "refused",
      refusal: { code: "unknown_island" },
    });
    expect(state.accepted).toBe(0);
  });

  test("that is repeated is accepted once", () => {
    const state = opened();
    expect(offer(state, 0, 0, [1, 2]).effects.ready).toHaveLength(2);
    const again = offer(state, 0, 0, [1, 2]);
    expect(again).toMatchObject({ status: "accepted", effects: { entries: [], ready: [] } });
    expect(state.accepted).toBe(2);
  });

  test("is cut to the window and to the budget", () => {
    const state = opened({ evaluations: 3 });
    expect(offer(state, 0, 0, [1, 2, 3, 4], 1, 2).effects.ready).toHaveLength(2);
    expect(offer(state, 0, 1, [5], 1, 2)).toMatchObject({
      status: "refused",
      refusal: { code: "window_full" },
    });
    expect(offer(state, 1, 0, [6, 7, 8]).effects.ready).toHaveLength(1);
    expect(offer(state, 2, 0, [9])).toMatchObject({
      status: "refused",
      refusal: { code: "budget_spent" },
    });
  });
});

describe("a twin", () => {
  test("of an evaluated genome is answered at once and costs nothing", () => {
    const state = opened();
    offer(state, 0, 0, [5]);
    state.settle(recordOf("r/0/0/0", 3));
    const { effects } = offer(state, 1, 0, [5]);
    expect(effects.ready).toEqual([]);
    expect(effects.candidates[0]).toMatchObject({ id: "r/1/0/0", answeredBy: "r/0/0/0" });
    expect(evaluated(effects)).toMatchObject([{ candidate: "r/1/0/0", cached: true, time_ms: 3 }]);
    expect([state.accepted, state.evaluated, state.cached]).toEqual([1, 1, 1]);
  });

  test("of one in flight waits for it", () => {
    const state = opened();
    offer(state, 0, 0, [5]);
    expect(offer(state, 1, 0, [5]).effects.ready).toEqual([]);
    expect(state.awaited).toEqual(new Set([0]));
    const entries = evaluated(state.settle(recordOf("r/0/0/0", 2)));
    expect(entries.map(({ candidate, cached }) => [candidate, cached])).toEqual([
      ["r/0/0/0", false],
      ["r/1/0/0", true],
    ]);
  });

  test("in another niche is evaluated on its own", () => {
    const islands = ["a", "b"].map((name, index) => ({ index, niche: { workloads: [name], device: null } }));
    const state = opened({ islands });
    offer(state, 0, 0, [5]);
    expect(offer(state, 1, 0, [5]).effects.ready).toHaveLength(1);
  });

  test("is answered across islands of which one names all workloads and the other none", () => {
    const niches = [null, ["b", "a"]].map((workloads, index) => ({ index, niche: { workloads, device: null } }));
    const state = opened({ islands: niches, workloads: ["a", "b"] });
    offer(state, 0, 0, [5]);
    expect(offer(state, 1, 0, [5]).effects.ready).toEqual([]);
  });
});

test("a candidate is settled once, and later results are ignored", () => {
  const state = opened();
  offer(state, 0, 0, [5]);
  expect(state.settle(recordOf("r/0/0/0"))).not.toBeNull();
  expect(state.settle(recordOf("r/0/0/0"))).toBeNull();
  expect(state.settle(recordOf("r/0/9/0"))).toBeNull();
  expect(state.evaluated).toBe(1);
});

test("with sync a generation is accepted whole, in island order, and its results enter the logs sorted", () => {
  const state = opened({ sync: true });
  expect(offer(state, 2, 0, [1]).status).toBe("held");
  expect(offer(state, 0, 0, [2, 3]).status).toBe("held");
  const { status, effects } = offer(state, 1, 0, [2]);
  expect(status).toBe("accepted");
  expect(effects.candidates.map(({ id }) => id)).toEqual(["r/0/0/0", "r/0/0/1", "r/1/0/0", "r/2/0/0"]);
  expect(state.settle(recordOf("r/2/0/0"))?.entries).toEqual([]);
  expect(state.settle(recordOf("r/0/0/1"))?.entries).toEqual([]);
  // Those of island 2 are in, though not in its log.
  expect(state.awaited).toEqual(new Set([0]));
  const closing = evaluated(state.settle(recordOf("r/0/0/0")));
  expect(closing.map(({ candidate }) => candidate)).toEqual(["r/0/0/0", "r/0/0/1", "r/1/0/0", "r/2/0/0"]);
});

/** The data that the ledger would have stored. */
class Store {
  readonly candidates: AcceptedCandidate[] = [];
  readonly records = new Map<string, EvaluationRecord>();
  readonly logs = new Map<number, LogEntry[]>();

  keep(effects: Effects): void {
    this.candidates.push(...effects.candidates);
    for (const entry of effects.entries) {
      const log = this.logs.get(entry.island) ?? [];
      log.push(entry);
      this.logs.set(entry.island, log);
    }
  }

  restored(from: LedgerState): LedgerState {
    const recordOf = (id: string) => this.records.get(id) as EvaluationRecord;
    // As from a database, which the state leaves all results to.
    const verdicts = { keep: () => {}, of: (id: string) => verdictOf(recordOf(id), from.spec) };
    const state = new LedgerState(from.spec, space, undefined, verdicts);
    for (const [index, island] of state.islands.entries()) {
      const { epoch, nextBatch, tail } = from.islands[index] as (typeof from.islands)[number];
      Object.assign(island, { epoch, nextBatch, tail });
    }
    const logged = new Set(
      [...this.logs.values()].flat().flatMap((e) => (e.type === "evaluated" ? [e.candidate] : [])),
    );
    this.keep(
      state.restore(
        this.candidates.map((candidate) => {
          const record = this.records.get(candidate.answeredBy ?? candidate.id);
          const answer = record === undefined ? null : verdictOf(record, from.spec);
          return { ...candidate, answer, logged: logged.has(candidate.id), whole: () => candidate };
        }),
      ),
    );
    return state;
  }
}

const steps = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constant("offer" as const),
      island: fc.nat(2),
      ahead: fc.constantFrom(-1, 0, 0, 0, 1),
      epoch: fc.constantFrom(0, 1, 1, 1),
      tiles: fc.array(fc.nat(30), { maxLength: 5 }),
      window: fc.nat(8),
    }),
    fc.record({ type: fc.constant("settle" as const), which: fc.nat(40) }),
    fc.record({ type: fc.constant("restart" as const) }),
  ),
  { maxLength: 60 },
);

test.each([false, true])("for any events in any order, nothing is counted twice or lost (sync %s)", (sync) => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 25 }), (script, evaluations) => {
      let state = new LedgerState(threeIslands({ evaluations, sync }), space);
      const store = new Store();
      store.keep(state.open());
      for (const island of state.islands) island.epoch = 1;
      for (const step of script) {
        if (step.type === "offer") {
          const k = (state.islands[step.island]?.nextBatch ?? 0) + step.ahead;
          const tiles = step.tiles.filter((tile) => tile !== 13);
          if (k >= 0) store.keep(offer(state, step.island, k, tiles, step.epoch, step.window).effects);
        } else if (step.type === "settle") {
          const id = store.candidates[step.which % Math.max(1, store.candidates.length)]?.id;
          if (id === undefined) continue;
          const record = recordOf(id, step.which + 1);
          const effects = state.settle(record);
          if (effects === null) continue;
          expect(store.records.has(id)).toBe(false);
          store.records.set(id, record);
          store.keep(effects);
        } else state = store.restored(state);
      }
      // Settles the open candidates, as a dispatcher would.
      for (const { id, answeredBy } of store.candidates) {
        if (answeredBy !== null || store.records.has(id)) continue;
        const effects = state.settle(recordOf(id));
        store.records.set(id, recordOf(id));
        store.keep(effects as Effects);
      }
      const own = store.candidates.filter(({ answeredBy }) => answeredBy === null);
      expect(own.length).toBeLessThanOrEqual(evaluations);
      expect(state.accepted).toBe(own.length);
      expect(state.evaluated).toBe(own.length);
      expect(new Set(own.map(({ genome }) => genome)).size).toBe(own.length);
      for (const log of store.logs.values()) expect(log.map(({ n }) => n)).toEqual(log.map((_, n) => n));
      const logged = [...store.logs.values()].flat().flatMap((e) => (e.type === "evaluated" ? [e.candidate] : []));
      expect(logged.sort()).toEqual(store.candidates.map(({ id }) => id).sort());
    }),
    { numRuns: 200 },
  );
});
