import { createCallStore } from "@kevo/core/llm/call-store.ts";
import type { ModelNote } from "@kevo/core/llm/client.ts";
import { ModelError, type ModelErrorKind } from "@kevo/core/llm/errors.ts";
import { type OpenModelOptions, openModel, openReplay } from "@kevo/core/llm/llm.ts";
import { createSpending } from "@kevo/core/llm/local-spending.fixture.ts";
import { predict } from "@kevo/core/llm/predict.ts";
import { signature } from "@kevo/core/llm/signature.ts";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type FakeXai, type FakeXaiOptions, startFakeXai } from "../fakes/xai/server.ts";

const propose = signature({
  name: "propose",
  instructions: "Propose tiles.",
  input: z.object({ elites: z.string().describe("best first") }),
  output: z.object({ tiles: z.array(z.int().min(1).max(64)).min(2).max(4), reason: z.string().min(1) }),
});
const LABELS = { proposer: "llm", variant: "diverse", island: 0 };
const KEY = "xai-1234567890-secret";
/** Fast, so that a test that waits for a retry does not. */
const QUICK = { backoffMs: 1, maxWaitMs: 50, timeoutMs: 120_000, retries: 2 };

let fake: FakeXai;
afterEach(() => fake.close());

async function start(scenario: string, options: FakeXaiOptions = {}, given: Partial<OpenModelOptions> = {}) {
  fake = await startFakeXai({ scenario, ...options });
  const store = createCallStore();
  const spending = createSpending(1);
  const notes: ModelNote[] = [];
  const client = openModel({
    model: "grok-4.3",
    store,
    spending,
    environment: { LLM_BASE_URL: fake.url, XAI_API_KEY: KEY },
    onNote: (note) => notes.push(note),
    ...given,
    limits: { ...QUICK, ...given.limits },
  });
  const ask = (seed = 1, signal?: AbortSignal) =>
    predict(propose, client, { input: { elites: "tile 8" }, labels: LABELS, seed, maxTokens: 2000, signal });
  return { client, store, spending, notes, ask };
}

async function failure(asked: Promise<unknown>): Promise<ModelError> {
  const error = await asked.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ModelError);
  return error as ModelError;
}

describe("a call", () => {
  it("comes back typed, with what it cost to the tick", async () => {
    const { ask, store, spending } = await start("ok", { key: KEY });
    const { output, call, calls } = await ask();
    expect(propose.output.parse(output)).toEqual(output);
    expect(calls).toHaveLength(1);
    expect(call).toMatchObject({ outcome: "ok", answered_by: "grok-4.3", attempt: 1, replayed: false, ...LABELS });
    expect(call.cost_usd).toBe(fake.chargedUsd);
    expect(call.cost_usd).toBeLessThan(call.reserved_usd);
    expect(call.reasoning_tokens).toBeGreaterThan(0);
    expect(spending.committedUsd).toBeCloseTo(fake.chargedUsd, 12);
    expect(store.calls).toEqual([call]);
  });

  it("is asked once: the same question is answered from the store, another seed is another question", async () => {
    const { ask } = await start("ok");
    const first = await ask(1);
    const again = await ask(1);
    expect(again.output).toEqual(first.output);
    expect(again.call.replayed).toBe(true);
    await ask(2);
    expect(fake.received).toHaveLength(2);
  });

  it("needs no key where the server wants none, and then sends none", async () => {
    const environment = () => ({ LLM_BASE_URL: fake.url });
    const { store, spending } = await start("ok");
    const client = openModel({ store, spending, environment: environment() });
    await predict(propose, client, { input: { elites: "" }, labels: LABELS });
    expect(fake.received[0]?.authorization).toBeNull();
  });

  it("under a retired name is answered, with a message about what answered", async () => {
    const { ask, notes } = await start("ok", {}, { model: "grok-4-1-fast" });
    const { call } = await ask();
    await ask(2);
    expect(call).toMatchObject({ model: "grok-4-1-fast", answered_by: "grok-4.3" });
    const text = expect.stringContaining("answers come from grok-4.3");
    expect(notes).toEqual([{ model: "grok-4-1-fast", about: "renamed", text }]);
  });

  it("waits for its turn: never more at once than allowed", async () => {
    const { ask } = await start("ok", { delayMs: 20 }, { limits: { concurrency: 3 } });
    await Promise.all(Array.from({ length: 9 }, (_, seed) => ask(seed)));
    expect(fake.mostAtOnce).toBe(3);
  });
});

describe("an answer that does not fit", () => {
  it("in prose and a fence is read all the same", async () => {
    const { ask } = await start("prose");
    expect((await ask()).calls).toHaveLength(1);
  });

  it.each(["not-json", "breaks-constraint"])("%s: one repair turn, with what was wrong", async (behaviour) => {
    const { ask } = await start(`${behaviour},ok`);
    const { calls } = await ask();
    expect(calls).toHaveLength(2);
    const [, repair] = fake.received.map(({ body }) => body as { messages: { role: string; content: string }[] });
    const messages = repair?.messages ?? [];
    expect(messages.at(-2)?.role).toBe("assistant");
    expect(messages.at(-1)?.content).toMatch(behaviour === "not-json" ? /not JSON/ : /tiles: Too small/);
  });

  it("after the repair turn either is an invalid answer, and both calls are paid and recorded", async () => {
    const { ask, store } = await start("breaks-constraint");
    const error = await failure(ask());
    expect(error).toMatchObject({ kind: "invalid_answer", final: false });
    expect(error.message).toMatch(/tiles/);
    expect(store.calls).toHaveLength(2);
    expect(store.calls.reduce((sum, { cost_usd }) => sum + (cost_usd ?? 0), 0)).toBeCloseTo(fake.chargedUsd, 12);
  });

  it("to the caller's own check is repaired too, or accepted with the complaints", async () => {
    const { client } = await start("duplicates");
    const check = ({ tiles }: { tiles: number[] }) => (new Set(tiles).size < tiles.length ? ["all the same"] : []);
    const options = { input: { elites: "" }, labels: LABELS, check };
    expect((await failure(predict(propose, client, options))).kind).toBe("invalid_answer");
    const taken = await predict(propose, client, { ...options, seed: 2, unrepaired: "accept" });
    expect(taken.complaints).toEqual(["all the same"]);
  });

  it("but holds hostile code is text and nothing else", async () => {
    const { ask } = await start("hostile");
    expect((await ask()).output.reason).toContain("socket.create_connection");
  });
});

describe("a failure", () => {
  // Behaviour, the error for the caller, HTTP requests made, whether the cost is known.
  const cases: [string, ModelErrorKind, number, "free" | "paid" | "unknown"][] = [
    ["bad-key", "bad_key", 1, "free"],
    ["no-credits", "no_credits", 1, "free"],
    ["overflow", "overflow", 1, "free"],
    ["rate-limit:0", "rate_limited", 3, "free"],
    ["rate-limit-bare", "rate_limited", 3, "free"],
    ["server-error", "server_error", 3, "free"],
    ["html-503", "server_error", 3, "free"],
    ["cut", "unreachable", 3, "unknown"],
    ["cut-early", "unreachable", 3, "unknown"],
    ["truncated", "truncated", 1, "paid"],
    ["endless", "invalid_answer", 1, "paid"],
    ["refusal", "refused", 1, "paid"],
  ];
  it.each(cases)("%s is %s after %i requests", async (scenario, kind, requests, money) => {
    const { ask, store, spending } = await start(scenario);
    const error = await failure(ask());
    expect(error.kind).toBe(kind);
    expect(error.final).toBe(["bad_key", "no_credits"].includes(kind));
    expect(fake.received).toHaveLength(requests);
    expect(store.calls.map(({ outcome }) => outcome)).toEqual(Array(requests).fill(kind));
    expect(store.calls.map(({ retried }) => retried)).toEqual([...Array(requests - 1).fill(true), false]);
    const reserved = store.calls.reduce((sum, { reserved_usd }) => sum + reserved_usd, 0);
    const expected = { free: 0, paid: fake.chargedUsd, unknown: reserved }[money];
    expect(spending.committedUsd).toBeCloseTo(expected, 12);
    expect(error.message).not.toMatch(/[\n<]/);
    expect(JSON.stringify([error.message, store.calls])).not.toContain(KEY);
  });

  it.each(["rate-limit:0", "rate-limit-bare", "server-error", "html-503", "cut", "cut-early"])(
    "%s once is got over",
    async (behaviour) => {
      const { ask, store } = await start(`${behaviour},ok`);
      const { call } = await ask();
      expect(call).toMatchObject({ outcome: "ok", attempt: 2 });
      expect(store.calls).toHaveLength(2);
    },
  );

  it("of the key or the credits is the last call that is sent", async () => {
    const { ask } = await start("no-credits");
    await failure(ask(1));
    expect((await failure(ask(2))).kind).toBe("no_credits");
    expect(fake.received).toHaveLength(1);
  });

  it("obeys Retry-After, up to a cap, and every call waits", async () => {
    const { ask, store } = await start("rate-limit:600,ok", {}, { limits: { maxWaitMs: 300 } });
    const first = ask(1);
    await expect.poll(() => store.calls.length).toBeGreaterThan(0);
    await Promise.all([first, ask(2)]);
    const [limited, ...after] = fake.received.map(({ at }) => at) as [number, ...number[]];
    expect(after).toHaveLength(2);
    for (const at of after) expect(at - limited).toBeGreaterThan(250);
  });

  it.each(["slow:5000", "trickle"])("to answer in time ends the attempt: %s", async (behaviour) => {
    const { ask } = await start(behaviour, {}, { limits: { timeoutMs: 100, retries: 0 } });
    expect((await failure(ask())).kind).toBe("timeout");
  });

  it("in a row opens the circuit: nothing more is sent for a while", async () => {
    const { ask } = await start("server-error", {}, { limits: { retries: 0, breakAfter: 3, breakMs: 60_000 } });
    for (let seed = 0; seed < 3; seed++) expect((await failure(ask(seed))).kind).toBe("server_error");
    const { kind, message } = await failure(ask(9));
    expect(kind).toBe("circuit_open");
    // A caller that sees only the open circuit must not have to guess the reason.
    expect(message).toMatch(/failed 3 times in a row; .*; the first time: HTTP 500: /);
    expect(fake.received).toHaveLength(3);
  });

  it("of the circuit heals", async () => {
    const { ask } = await start("server-error*2,ok", {}, { limits: { retries: 0, breakAfter: 2, breakMs: 30 } });
    await failure(ask(1));
    await failure(ask(2));
    await expect
      .poll(() =>
        ask(3).then(
          () => "ok",
          (error: ModelError) => error.kind,
        ),
      )
      .toBe("ok");
  });

  it("to reach anybody costs nothing", async () => {
    const { spending } = await start("ok");
    await fake.close();
    const environment = { LLM_BASE_URL: fake.url };
    const client = openModel({ store: createCallStore(), spending, environment, limits: QUICK });
    const error = await failure(predict(propose, client, { input: { elites: "" }, labels: LABELS }));
    expect(error.kind).toBe("unreachable");
    expect(error.message).toContain("ECONNREFUSED");
    expect(spending.committedUsd).toBe(0);
  });

  it("by the caller's signal ends the call", async () => {
    const { ask } = await start("slow:5000");
    const controller = new AbortController();
    const asked = failure(ask(1, controller.signal));
    await expect.poll(() => fake.received.length).toBe(1);
    controller.abort();
    expect((await asked).kind).toBe("cancelled");
  });

  it("of a server that says the key back is recorded without it", async () => {
    const answerers = [() => ({ tiles: [1, 2], reason: `your key is ${KEY}` })];
    const { ask, store } = await start("ok", { answerers });
    expect((await ask()).output.reason).toBe("your key is [redacted]");
    expect(JSON.stringify(store.calls)).not.toContain(KEY);
  });
});

describe("money", () => {
  it("bounds 16 calls at once, with a provider that charges all that the request allows", async () => {
    const spending = createSpending(0.05);
    const { ask, store } = await start("ok", { charge: "worst", delayMs: 5 }, { spending });
    const outcomes = await Promise.allSettled(Array.from({ length: 16 }, (_, seed) => ask(seed)));
    expect(fake.chargedUsd).toBeLessThanOrEqual(0.05);
    expect(spending.committedUsd).toBeLessThanOrEqual(0.05);
    // The bound is not so loose that hardly anything is asked.
    expect(fake.chargedUsd).toBeGreaterThan(0.03);
    const refused = outcomes
      .filter(({ status }) => status === "rejected")
      .map((outcome) => (outcome as PromiseRejectedResult).reason.kind);
    expect(new Set(refused)).toEqual(new Set(["over_budget"]));
    expect(store.calls).toHaveLength(16 - refused.length);
    for (const { cost_usd, reserved_usd } of store.calls) expect(cost_usd).toBeLessThanOrEqual(reserved_usd);
  });
});

it("that was charged more than it could cost is recorded as it was, and said", async () => {
  const { ask, spending, notes } = await start("ok", { charge: "over" });
  const { call } = await ask();
  expect(call.cost_usd).toBe(fake.chargedUsd);
  expect(call.cost_usd).toBeGreaterThan(call.reserved_usd);
  expect(spending.committedUsd).toBeCloseTo(fake.chargedUsd, 12);
  const text = expect.stringMatching(/charged \$0\.\d+ for a call with a worst case of \$0\.\d+/);
  expect(notes).toEqual([{ model: "grok-4.3", about: "overspent", text }]);
});

describe("a replay", () => {
  it("gives the same answers and the same failures, without a server", async () => {
    const { ask, store } = await start("ok,server-error*3,refusal,ok");
    const live = [await ask(1), await failure(ask(2)), await failure(ask(3)), await ask(2)];
    await fake.close();
    const again = createCallStore();
    const replay = openReplay("grok-4.3", createCallStore(store.calls), again);
    const repeat = (seed: number) =>
      predict(propose, replay, { input: { elites: "tile 8" }, labels: LABELS, seed, maxTokens: 2000 });
    expect((await repeat(1)).output).toEqual((live[0] as { output: unknown }).output);
    expect(await failure(repeat(2))).toMatchObject({ kind: "server_error" });
    expect(await failure(repeat(3))).toMatchObject({ kind: "refused" });
    expect((await repeat(2)).output).toEqual((live[3] as { output: unknown }).output);
    expect(await failure(repeat(4))).toMatchObject({ kind: "not_recorded" });
    expect(again.calls.map(({ cost_usd, replayed }) => [cost_usd, replayed])).toEqual(Array(4).fill([0, true]));
  });
});
