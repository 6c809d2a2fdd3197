/** An island-worker's treatment of a model's answers, good and bad: the advisor against the fake of xAI. */
import { createCallStore } from "@kevo/core/llm/call-store.ts";
import { openModel } from "@kevo/core/llm/llm.ts";
import { createSpending } from "@kevo/core/llm/local-spending.fixture.ts";
import { applyKnowledge, openKnowledge } from "@kevo/island-worker/evolution/knowledge.ts";
import {
  askedEntry,
  evaluatedEntry,
  openedEntry,
  ridge,
  ridgeTime,
} from "@kevo/island-worker/evolution/ridge.fixture.ts";
import { definition, modelRun, samples } from "@kevo/island-worker/proposers/llm/ridge-history.fixture.ts";
import { Advisor } from "@kevo/island-worker/worker/advisor.ts";
import type { LogEntry, Proposal } from "@kevo/proto/log.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { afterEach, describe, expect, test } from "vitest";
import { answerers } from "../fakes/xai/answerers.ts";
import { type FakeXai, startFakeXai } from "../fakes/xai/server.ts";

let fake: FakeXai;
afterEach(() => fake.close());

const never = new AbortController().signal;

async function open(scenario: string, spec: RunSpec = modelRun({}, { sync: true }), budget = 1) {
  fake = await startFakeXai({ scenario, answerers });
  const knowledge = openKnowledge(ridge, spec);
  const store = createCallStore();
  const environment = { LLM_BASE_URL: fake.url, XAI_API_KEY: "xai-key" };
  const model = { model: "grok-4.3", store, spending: createSpending(budget), environment };
  const [trouble, told]: [string[], string[]] = [[], []];
  const answered = Promise.withResolvers<void>();
  const advisor = new Advisor({
    ...{ spec, knowledge, definition, evolvedSources: null },
    clients: new Map([["grok-4.3", openModel(model)]]),
    costOf: ({ cost_usd, reserved_usd }) => cost_usd ?? reserved_usd,
    onTrouble: (_model, kind, text) => {
      trouble.push(kind);
      told.push(text);
    },
    onAnswer: answered.resolve,
  });
  const next = spec.islands.map(() => 0);
  const append = (entry: LogEntry) => {
    next[entry.island] = entry.n + 1;
    applyKnowledge(knowledge, entry);
    advisor.apply(entry);
  };
  /** Batch k of island 0, with its results. */
  const evaluate = (k: number, proposals: Proposal[], calls = advisor.endedCalls(0)) => {
    const asked = { ...askedEntry(spec, 0, next[0] as number, k, proposals), ...(calls.length > 0 && { calls }) };
    append(asked);
    for (const { id, config } of asked.candidates) {
      append(evaluatedEntry(spec, 0, next[0] as number, id, ridgeTime(config)));
    }
  };
  for (const { index } of spec.islands) append(openedEntry(spec, index));
  const seeds = samples(4).map((genes) => ({ config: ridge.decode(genes), source: null, parents: [], reason: null }));
  evaluate(
    0,
    seeds.map((seed) => ({ ...seed, proposer: "seed" })),
  );
  return { advisor, trouble, told, store, evaluate, answered: answered.promise };
}

describe("what a model says", () => {
  test("becomes candidates with reason, parent and call, until they are evaluated", async () => {
    const { advisor, store, evaluate, trouble } = await open("ok");
    await advisor.await(0, 1, 4, never);
    const suggestions = advisor.suggestions(0);
    const [call] = advisor.endedCalls(0);
    expect(suggestions).toHaveLength(4);
    for (const { config, ...rest } of suggestions) {
      expect(ridge.isValid(ridge.encode(config))).toBe(true);
      expect(rest).toMatchObject({ proposer: "llm", call: call?.id, parents: [/^run\/0\/0\//], reason: /Changes/ });
    }
    expect(call).toMatchObject({ model: "grok-4.3", usd: store.calls[0]?.cost_usd });
    evaluate(1, suggestions);
    expect(advisor.suggestions(0)).toEqual([]);
    expect(advisor.endedCalls(0)).toEqual([]);
    expect(trouble).toEqual([]);
  });

  test("is reported back to the model once where it is invalid, and its good part then counts", async () => {
    const { advisor } = await open("breaks-constraint,ok");
    await advisor.await(0, 1, 4, never);
    expect(advisor.suggestions(0)).toHaveLength(4);
    expect(fake.received).toHaveLength(2);
    expect(JSON.stringify(fake.received[1]?.body)).toContain("configuration 1 is not valid: BLOCK = none of these");
    // Both calls were paid for.
    expect(advisor.endedCalls(0)[0]?.usd).toBeCloseTo(fake.chargedUsd);
  });

  test.each([
    ["never valid", "breaks-constraint", "nothing_new", 2],
    ["nothing but what was tried", "duplicates", "nothing_new", 1],
    ["a refusal", "refusal", "refused", 1],
    ["cut short", "truncated", "truncated", 1],
    ["no JSON", "not-json", "invalid_answer", 2],
  ])("costs money and brings nothing when it is %s, and the island continues", async (_what, scenario, kind, calls) => {
    const { advisor, trouble } = await open(scenario);
    await advisor.await(0, 1, 4, never);
    expect(advisor.suggestions(0)).toEqual([]);
    expect(trouble).toEqual([kind]);
    expect(fake.received).toHaveLength(calls);
    expect(advisor.endedCalls(0)).toMatchObject([{ usd: expect.closeTo(fake.chargedUsd) }]);
  });

  test("costs nothing where the money does not reach for the question", async () => {
    const { advisor, trouble } = await open("ok", modelRun({}, { sync: true }), 0.001);
    await advisor.await(0, 1, 4, never);
    expect(trouble).toEqual(["over_budget"]);
    expect(advisor.endedCalls(0)).toEqual([]);
    expect(fake.received).toEqual([]);
  });

  test("is a line of text at worst, with any content", async () => {
    const { advisor } = await open("hostile");
    await advisor.await(0, 1, 4, never);
    const suggestions = advisor.suggestions(0);
    expect(suggestions).toHaveLength(4);
    for (const { config, reason, source } of suggestions) {
      expect(ridge.isValid(ridge.encode(config))).toBe(true);
      expect(source).toBeNull();
      expect(reason).toMatch(/^\[2Jimport os, socket [^\p{C}]*$/u);
    }
  });
});

describe("without --sync", () => {
  test("asking returns at once, and at most one call of an island is in progress", async () => {
    const { advisor, answered } = await open("slow:200,ok", modelRun());
    advisor.consider(0, 1, 8, never);
    advisor.consider(0, 1, 8, never);
    expect(advisor.suggestions(0)).toEqual([]);
    await answered;
    expect(advisor.suggestions(0)).toHaveLength(6);
    expect(fake.received).toHaveLength(1);
  });

  test("a model that refuses the key is not asked again, and one that brought nothing not at once", async () => {
    const refused = await open("bad-key", modelRun());
    refused.advisor.consider(0, 1, 8, never);
    await refused.answered;
    // Every report names the model before it.
    expect(refused.told).toEqual([expect.stringMatching(/^HTTP 40\d: (?!.*grok-4\.3)/)]);
    refused.advisor.consider(0, 2, 8, never);
    expect(fake.received).toHaveLength(1);
    await fake.close();
    const fruitless = await open("duplicates", modelRun());
    fruitless.advisor.consider(0, 1, 8, never);
    await fruitless.answered;
    fruitless.advisor.consider(0, 2, 8, never);
    await new Promise((resolve) => setImmediate(resolve));
    expect(fake.received).toHaveLength(1);
  });
});
