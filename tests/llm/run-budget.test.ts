/** Dollars of a run in their real place: NATS, SQLite, workers with their own clients, a paid fake. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GroupCommit } from "@kevo/coordinator/ledger/group-commit.ts";
import { ModelLedger } from "@kevo/coordinator/ledger/model-ledger.ts";
import { type OpenLineage, openLineage } from "@kevo/coordinator/lineage/database.ts";
import { callsOf, recordedCall } from "@kevo/coordinator/lineage/queries/calls.ts";
import { type EmbeddedNats, startNatsServer } from "@kevo/coordinator/nats-server/embedded.ts";
import { Grants } from "@kevo/coordinator/run/grants.ts";
import { serveModelCalls } from "@kevo/coordinator/run/model-endpoint.ts";
import type { Bus } from "@kevo/core/bus/bus.ts";
import { connectBus } from "@kevo/core/bus/connect.ts";
import type { ModelError } from "@kevo/core/llm/errors.ts";
import { openModel, openReplay } from "@kevo/core/llm/llm.ts";
import { predict } from "@kevo/core/llm/predict.ts";
import { createRunCalls } from "@kevo/core/llm/run-calls.ts";
import { signature } from "@kevo/core/llm/signature.ts";
import { modelReply } from "@kevo/proto/messages/model.ts";
import type { Reservation } from "@kevo/proto/model-call.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type FakeXai, startFakeXai } from "../fakes/xai/server.ts";

const KEY = "xai-0987654321-secret";
const BUDGET = 0.05;
const propose = signature({
  name: "propose",
  instructions: "Propose tiles.",
  input: z.object({ seed: z.int() }),
  output: z.object({ tiles: z.array(z.int()) }),
});

let dir: string;
let server: EmbeddedNats;
let fake: FakeXai;
let runs = 0;
let run: string;
let coordinator: CoordinatorSide;
const open: Bus[] = [];

interface CoordinatorSide {
  readonly lineage: OpenLineage;
  readonly ledger: ModelLedger;
  end(): Promise<void>;
}

/** A coordinator, as far as dollars go. */
async function openCoordinator(repeats: string | null = null): Promise<CoordinatorSide> {
  const lineage = openLineage(join(dir, "lineage.db"));
  const commit = new GroupCommit(lineage.sqlite, (error) => {
    throw error;
  });
  const ledger = new ModelLedger(lineage.db, run, BUDGET, (work) => commit.run(work));
  const bus = await connectBus({ url: server.url, role: "coordinator", name: "coordinator" });
  const served = serveModelCalls(bus, run, {
    ledger,
    models: ["grok-4.3"],
    grants: new Grants("secret of this test", run),
    recorded: (hash, index) => (repeats === null ? null : recordedCall(lineage.db, repeats, hash, index)),
    onTrouble: () => {},
  });
  return {
    lineage,
    ledger,
    end: async () => {
      served.unsubscribe();
      await bus.close();
      commit.close();
      lineage.close();
    },
  };
}

async function member(): Promise<Bus> {
  const bus = await connectBus({ url: server.url, role: "worker", name: "worker" });
  open.push(bus);
  return bus;
}

async function worker(island: number) {
  const calls = createRunCalls(await member(), run);
  const environment = { LLM_BASE_URL: fake.url, XAI_API_KEY: KEY };
  const limits = { backoffMs: 1, maxWaitMs: 50, retries: 2 };
  const client = openModel({ model: "grok-4.3", ...calls, environment, limits });
  const labels = { proposer: "llm", variant: "diverse", island };
  const ask = (seed: number) => predict(propose, client, { input: { seed }, labels, seed, maxTokens: 2000 });
  return { calls, labels, ask };
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "kevo-budget-"));
  server = await startNatsServer({ dir: join(dir, "nats") });
});
afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  run = `run-${runs++}`;
  fake = await startFakeXai({ key: KEY, charge: "worst", delayMs: 5 });
  coordinator = await openCoordinator();
});
afterEach(async () => {
  await coordinator.end();
  for (const bus of open.splice(0)) await bus.close();
  await fake.close();
});

describe("the dollars of a run", () => {
  it("are never exceeded by 16 calls at once, of two workers, with a provider that charges all it may", async () => {
    const workers = await Promise.all([worker(0), worker(1)]);
    const asked = Array.from({ length: 16 }, (_, seed) => (workers[seed % 2] as (typeof workers)[0]).ask(seed));
    const outcomes = await Promise.allSettled(asked);
    const kinds = outcomes.map((o) => (o.status === "fulfilled" ? "ok" : (o.reason as ModelError).kind));
    expect(new Set(kinds)).toEqual(new Set(["ok", "over_budget"]));
    expect(fake.chargedUsd).toBeLessThanOrEqual(BUDGET);
    expect(fake.chargedUsd).toBeGreaterThan(0.6 * BUDGET);
    expect(coordinator.ledger.committedUsd).toBeCloseTo(fake.chargedUsd, 10);
    const calls = callsOf(coordinator.lineage.db, run);
    expect(calls).toHaveLength(kinds.filter((kind) => kind === "ok").length);
    expect(calls.every(({ cost_usd, reserved_usd }) => (cost_usd ?? 1) <= reserved_usd)).toBe(true);
  });

  it("stay taken by a call of unknown cost, also after a restart of the coordinator", async () => {
    fake.script("cut");
    const { ask } = await worker(0);
    await expect(ask(1)).rejects.toMatchObject({ kind: "unreachable" });
    const calls = callsOf(coordinator.lineage.db, run);
    expect(calls.map(({ cost_usd, attempt }) => [cost_usd, attempt])).toEqual([
      [null, 1],
      [null, 2],
      [null, 3],
    ]);
    const reserved = calls.reduce((sum, { reserved_usd }) => sum + reserved_usd, 0);
    expect(fake.chargedUsd).toBeLessThanOrEqual(reserved);
    await coordinator.end();
    coordinator = await openCoordinator();
    expect(coordinator.ledger.committedUsd).toBeCloseTo(reserved, 12);
  });

  it("are waited for while the coordinator is away", async () => {
    const { ask } = await worker(0);
    await coordinator.end();
    const asked = ask(1);
    coordinator = await openCoordinator();
    expect((await asked).call.outcome).toBe("ok");
    expect(callsOf(coordinator.lineage.db, run)).toHaveLength(1);
  });

  it("are not taken for a message that is malformed", async () => {
    const bus = await member();
    const reservation = { id: "x", usd: -1, model: "m", hash: "0".repeat(64), proposer: "p", variant: null, island: 0 };
    const request = { v: 1, type: "reserve", reservation };
    await expect(bus.request(subjects.model(run), request, modelReply, 60_000)).rejects.toThrow(/usd/);
  });
});

describe("calls of a run", () => {
  it("are kept with prompt, answer, tokens and cost, without the key, and answer the same question again", async () => {
    const first = await worker(0);
    const second = await worker(1);
    const { output, call } = await first.ask(1);
    expect((await second.ask(1)).output).toEqual(output);
    expect(fake.received).toHaveLength(1);
    const [stored] = callsOf(coordinator.lineage.db, run);
    expect(stored).toEqual({ ...call, created_at: expect.any(Number) });
    expect(stored?.messages.at(-1)?.content).toContain("## seed");
    expect(coordinator.lineage.sqlite.serialize().includes(KEY)).toBe(false);
  });

  it("are recorded only by the holder of the reservation, and an undelivered answer is not recorded", async () => {
    const { ask, labels } = await worker(0);
    const { call } = await ask(1);
    const rogue = await member();
    const say = (message: object) => rogue.request(subjects.model(run), { v: 1, ...message }, modelReply, 60_000);
    const forged = { ...call, id: "never-reserved", hash: "1".repeat(64), answer: '{"tiles":[666]}' };
    for (const replayed of [false, true]) {
      await expect(say({ type: "record", call: { ...forged, replayed } })).rejects.toThrow(/nobody reserved/);
    }
    const reservation: Reservation = { id: "mine", usd: 0.001, model: "grok-4.3", hash: "2".repeat(64), ...labels };
    const { secret } = await say({ type: "reserve", reservation });
    await expect(say({ type: "record", call: { ...forged, secret } })).rejects.toThrow(/nobody reserved/);
    await expect(say({ type: "record", call: { ...forged, id: "mine" } })).rejects.toThrow(/another worker/);
    // Knowing a reservation's id does not reveal its secret.
    const guessed = { ...reservation, hash: "3".repeat(64) };
    await expect(say({ type: "reserve", reservation: guessed })).rejects.toThrow(/another worker/);
    const other = { ...reservation, id: "other", usd: 0, model: "not-of-this-run" };
    await expect(say({ type: "reserve", reservation: other })).rejects.toThrow(/does not ask the model/);
    expect(callsOf(coordinator.lineage.db, run)).toHaveLength(1);
    expect((await say({ type: "answered", hash: forged.hash })).call).toBeNull();
  });

  it("are repeated by another run, failures included, with no key and no provider, and at no cost", async () => {
    fake.script("server-error*3,ok");
    const { ask } = await worker(0);
    await expect(ask(1)).rejects.toMatchObject({ kind: "server_error" });
    const { output } = await ask(1);
    await coordinator.end();
    await fake.close();
    const before = run;
    run = `run-${runs++}`;
    coordinator = await openCoordinator(before);
    const { recording, store } = createRunCalls(await member(), run);
    const replay = openReplay("grok-4.3", recording, store);
    const again = () =>
      predict(propose, replay, {
        input: { seed: 1 },
        labels: { proposer: "llm", variant: null, island: 0 },
        seed: 1,
        maxTokens: 2000,
      });
    await expect(again()).rejects.toMatchObject({ kind: "server_error" });
    const repeated = await again();
    expect(repeated.output).toEqual(output);
    const changed = { ...repeated.call, id: "changed", answer: '{"tiles":[666]}' };
    await expect(store.record(changed)).rejects.toThrow(/nobody reserved/);
    expect(coordinator.ledger.committedUsd).toBe(0);
    expect(callsOf(coordinator.lineage.db, run).map(({ replayed, outcome }) => [replayed, outcome])).toEqual([
      [true, "server_error"],
      [true, "ok"],
    ]);
  });
});

describe("the ledger of dollars", () => {
  const reservation = (id: string, usd: number): Reservation => ({
    id,
    usd,
    model: "grok-4.3",
    hash: "0".repeat(64),
    proposer: "llm",
    variant: null,
    island: 0,
  });

  it("grants a repeated reservation once, and keeps the first settlement", async () => {
    const { ledger } = coordinator;
    const granted = await Promise.all([1, 2, 3].map(() => ledger.reserve(reservation(`${run}-a`, 0.04))));
    expect(granted.map((g) => g.granted)).toEqual([true, true, true]);
    expect(ledger.committedUsd).toBe(0.04);
    await ledger.settle(`${run}-a`, 0.01);
    await ledger.settle(`${run}-a`, 0);
    expect(ledger.committedUsd).toBe(0.01);
  });

  it("writes down what was really paid, though it be more than was reserved", async () => {
    const { ledger } = coordinator;
    await ledger.reserve(reservation(`${run}-a`, 0.01));
    await ledger.settle(`${run}-a`, 0.2);
    expect(ledger.committedUsd).toBe(0.2);
    expect((await ledger.reserve(reservation(`${run}-b`, 0.001))).granted).toBe(false);
  });

  it("grants nothing under the id of another run's call", async () => {
    await coordinator.ledger.reserve(reservation("shared", 0.01));
    await coordinator.end();
    run = `run-${runs++}`;
    coordinator = await openCoordinator();
    expect((await coordinator.ledger.reserve(reservation("shared", 0.01))).granted).toBe(false);
    await coordinator.ledger.settle("shared", 0);
    expect(coordinator.ledger.committedUsd).toBe(0);
  });

  it("holds the budget for any calls, in any order, twice, or after a restart", async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant("reserve" as const), id: fc.nat(9), ticks: fc.nat(200) }) },
      // Settles a share of the reservation; null: unknown cost.
      {
        weight: 5,
        arbitrary: fc.record({
          do: fc.constant("settle" as const),
          id: fc.nat(9),
          share: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
    );
    let repeats = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const prefix = `${run}-${repeats++}`;
        const commit = new GroupCommit(coordinator.lineage.sqlite, () => {});
        const fresh = () => new ModelLedger(coordinator.lineage.db, prefix, BUDGET, (work) => commit.run(work));
        let ledger = fresh();
        const model = new Map<string, { reserved: number; cost: number | null }>();
        const total = () => [...model.values()].reduce((sum, { reserved, cost }) => sum + (cost ?? reserved), 0);
        for (const one of steps) {
          if (one.do === "restart") ledger = fresh();
          else if (one.do === "reserve") {
            const id = `${prefix}/${one.id}`;
            const usd = one.ticks / 5000;
            const fits = model.has(id) || total() + usd <= BUDGET;
            const { granted } = await ledger.reserve(reservation(id, usd));
            // At the very edge the sum in SQL and the one here may round differently.
            if (Math.abs(total() + usd - BUDGET) > 1e-12) expect(granted).toBe(fits);
            if (granted && !model.has(id)) model.set(id, { reserved: usd, cost: null });
          } else {
            const id = `${prefix}/${one.id}`;
            const call = model.get(id);
            const usd = one.share === null ? null : one.share * (call?.reserved ?? 1);
            await ledger.settle(id, usd);
            if (call !== undefined) call.cost ??= usd;
          }
          expect(ledger.committedUsd).toBeCloseTo(total(), 10);
          expect(ledger.committedUsd).toBeLessThanOrEqual(BUDGET + 1e-12);
        }
      }),
      { numRuns: 40 },
    );
  });
});
