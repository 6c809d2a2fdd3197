/** Servers and gateways that only resemble OpenAI's: what they answer is read, and what they refuse is left out. */
import { modelFinding } from "@kevo/coordinator/doctor/model.ts";
import { createCallStore } from "@kevo/core/llm/call-store.ts";
import type { ModelNote } from "@kevo/core/llm/client.ts";
import { ModelError, type ModelErrorKind } from "@kevo/core/llm/errors.ts";
import { openModel, openReplay } from "@kevo/core/llm/llm.ts";
import { createSpending } from "@kevo/core/llm/local-spending.fixture.ts";
import { predict } from "@kevo/core/llm/predict.ts";
import { signature } from "@kevo/core/llm/signature.ts";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Mode } from "../fakes/compatible/modes.ts";
import { type FakeCompatible, startFakeCompatible } from "../fakes/compatible/server.ts";

const propose = signature({
  name: "propose",
  instructions: "Propose tiles.",
  input: z.object({ elites: z.string() }),
  output: z.object({ configurations: z.array(z.object({ tile: z.int().min(1).max(64), reason: z.string() })).min(2) }),
});
const VALUE = {
  configurations: [
    { tile: 8, reason: "larger {tile}" },
    { tile: 16, reason: 'a "still" larger one' },
  ],
};
const LABELS = { proposer: "llm", variant: "diverse", island: 0 };

async function start(
  mode: Mode,
  model = "qwen3-8b",
  value: unknown = VALUE,
  base = (fake: FakeCompatible) => fake.url,
) {
  const fake = await startFakeCompatible(mode, value);
  const store = createCallStore();
  const notes: ModelNote[] = [];
  const client = openModel({
    model,
    store,
    spending: createSpending(1),
    environment: { LLM_BASE_URL: base(fake) },
    onNote: (note) => notes.push(note),
    limits: { backoffMs: 1, maxWaitMs: 5, timeoutMs: 120_000, retries: 1 },
  });
  const ask = (seed = 1) =>
    predict(propose, client, { input: { elites: "" }, labels: LABELS, seed, temperature: 0.7, maxTokens: 2000 });
  const failure = async (seed = 1): Promise<ModelError> => {
    const error: unknown = await ask(seed).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ModelError);
    return error as ModelError;
  };
  return { fake, client, store, notes, ask, failure, [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose]() };
}

describe("an answer is read, with one call", () => {
  it.each([
    "ok",
    "think",
    "double-brace",
    "fence-upper",
    "fence-two",
    "trailing-comma",
    "bare-array",
    "reasoning-only",
    "reasoning-field",
    "tool-call",
    "tool-call-value",
    "function-call",
    "parts",
    "parts-thought",
    "content-value",
    "no-model",
    "null-model",
    "long-model",
    "text-plain",
    "error-null",
    "both-max",
    "older-only",
  ] as const)("%s", async (mode) => {
    await using server = await start(mode);
    const { output, calls } = await server.ask();
    expect(output).toEqual(VALUE);
    expect(calls).toHaveLength(1);
    expect(server.fake.received).toHaveLength(1);
    expect(calls[0]).toMatchObject({ outcome: "ok", prompt_tokens: 9, completion_tokens: 9 });
    expect((calls[0]?.answered_by ?? "").length).toBeLessThanOrEqual(200);
  });
});

describe("an error under status 200 is classified like any other, with the server's message", () => {
  const cases: [Mode, ModelErrorKind, RegExp, number][] = [
    ["error-200", "rate_limited", /error 429 under HTTP 200: upstream is rate limited, try later/, 2],
    ["rate-words-200", "rate_limited", /Rate limit exceeded: free-models-per-min/, 2],
    ["quota-200", "no_credits", /You exceeded your current quota/, 1],
    ["key-200", "bad_key", /User not found/, 1],
    ["overflow-200", "overflow", /the request exceeds the available context size/, 1],
    ["error-in-choice", "server_error", /Provider returned error/, 2],
    ["detail-200", "server_error", /the backend is starting/, 2],
    ["choices-empty", "server_error", /an answer without choices/, 2],
    ["page-200", "server_error", /an HTML page; asked was http:.*\/v1\/chat\/completions: is LLM_BASE_URL right\?/, 2],
  ];
  it.each(cases)("%s is %s", async (mode, kind, message, requests) => {
    await using server = await start(mode);
    const error = await server.failure();
    expect(error.kind).toBe(kind);
    expect(error.message).toMatch(message);
    expect(server.fake.received).toHaveLength(requests);
    expect(server.store.calls.every(({ cost_usd }) => cost_usd === 0)).toBe(true);
  });
});

describe("what a server refuses is left out, once, and from then on", () => {
  const cases: [Mode, number, string, string?][] = [
    ["newer-only", 1, "max_completion_tokens, strict schema"],
    ["older-only", 1, "max_tokens, strict schema", "gpt-4o-gateway"],
    ["few-tokens", 1, "max_tokens up to 1024, strict schema"],
    ["no-schema", 1, "max_tokens, JSON mode and schema"],
    ["bare-json-mode", 2, "max_tokens, JSON mode"],
    ["no-format", 3, "max_tokens, plain text"],
    ["no-strict", 1, "max_tokens, schema"],
    ["grammar-500", 1, "max_tokens, JSON mode and schema"],
    ["no-seed", 1, "max_tokens, strict schema, no seed, no temperature"],
    ["param-named", 1, "max_tokens, strict schema, no seed"],
    ["wordless", 2, "max_tokens, JSON mode and schema, no seed, no temperature"],
  ];
  it.each(cases)("%s: %i refusals, then %s", async (mode, refusals, shape, model) => {
    await using server = await start(mode, model);
    const { output } = await server.ask(1);
    expect(output).toEqual(VALUE);
    expect(server.fake.received).toHaveLength(refusals + 1);
    await server.ask(2);
    await Promise.all([3, 4].map(server.ask));
    expect(server.fake.received).toHaveLength(refusals + 4);
    expect(server.client.asks?.()).toBe(shape);
    expect(server.notes).toEqual([
      {
        model: model ?? "qwen3-8b",
        about: "adapted",
        text: expect.stringContaining(`asking the server with ${shape} only, because`),
      },
    ]);
    // Refused requests are on record, cost nothing, and a replay passes over them.
    const { calls } = server.store;
    expect(calls.filter(({ outcome }) => outcome !== "ok")).toHaveLength(refusals);
    expect(calls.slice(0, refusals).every(({ cost_usd, retried }) => cost_usd === 0 && retried)).toBe(true);
    for (const body of server.fake.received) {
      expect("max_tokens" in body && "max_completion_tokens" in body).toBe(false);
    }
  });

  it("by simultaneous calls", async () => {
    await using server = await start("bare-json-mode");
    const answers = await Promise.all([1, 2, 3, 4, 5].map(server.ask));
    for (const { output } of answers) expect(output).toEqual(VALUE);
    expect(server.client.asks?.()).toBe("max_tokens, JSON mode");
  });

  it("and where nothing pleases it, the server's message is reported, and later calls are sent once", async () => {
    await using server = await start("never-pleased");
    expect(await server.failure(1)).toMatchObject({
      kind: "bad_request",
      message: expect.stringMatching(/HTTP 400: Bad Request/),
    });
    const first = server.fake.received.length;
    expect(first).toBeLessThanOrEqual(5);
    await server.failure(2);
    expect(server.fake.received).toHaveLength(first + 1);
    expect(server.client.asks?.()).toBe("max_tokens, strict schema");
  });
});

describe("a wrong path", () => {
  it("where /v1 was forgotten says so, and nothing more is sent", async () => {
    await using server = await start("ok", "qwen3-8b", VALUE, ({ origin }) => origin);
    const error = await server.failure(1);
    expect(error).toMatchObject({ kind: "wrong_address", final: true });
    expect(error.message).toContain(`try LLM_BASE_URL=${server.fake.url}`);
    expect((await server.failure(2)).kind).toBe("wrong_address");
    expect(server.store.calls).toHaveLength(1);
  });

  it("under another version asks whether it is right", async () => {
    await using server = await start("ok", "qwen3-8b", VALUE, ({ origin }) => `${origin}/api/v3`);
    expect((await server.failure()).message).toMatch(/\/api\/v3\/chat\/completions: is LLM_BASE_URL right\?/);
  });

  it("that names the whole address is understood", async () => {
    await using server = await start("ok", "qwen3-8b", VALUE, ({ url }) => `${url}/chat/completions/`);
    expect((await server.ask()).output).toEqual(VALUE);
  });
});

describe("a repair turn is not paid twice for the same reason", () => {
  it("by an island whose model did not mend it before", async () => {
    await using server = await start("ok", "qwen3-8b", { configurations: "none" });
    expect((await server.failure(1)).message).toMatch(/even after one repair: configurations/);
    expect((await server.failure(2)).message).toMatch(/an earlier repair did not help: configurations/);
    expect(server.fake.received).toHaveLength(3);
  });

  it("and a replay comes to the same", async () => {
    await using server = await start("ok", "qwen3-8b", { configurations: [{ tile: 99, reason: "x" }] });
    const live = [await server.failure(1), await server.failure(2)];
    const replay = openReplay("qwen3-8b", createCallStore(server.store.calls));
    for (const [at, { message }] of live.entries()) {
      const options = { input: { elites: "" }, labels: LABELS, seed: at + 1, temperature: 0.7, maxTokens: 2000 };
      await expect(predict(propose, replay, options)).rejects.toMatchObject({ kind: "invalid_answer", message });
    }
  });
});

describe("doctor --llm", () => {
  it("says what the server takes, and what the question cost", async () => {
    await using fake = await startFakeCompatible("no-schema", { doubled: [6, 10] });
    const finding = await modelFinding("qwen3-8b", { LLM_BASE_URL: fake.url });
    expect(finding).toMatchObject({
      name: "model qwen3-8b",
      found: true,
      detail: expect.stringMatching(
        /^qwen3-8b answered in \d+\.\d s, asked with max_tokens, JSON mode and schema; the question cost \$0\.0000$/,
      ),
    });
  });

  it("says why there is no answer", async () => {
    await using fake = await startFakeCompatible("ok", {});
    const { found, advice } = await modelFinding("qwen3-8b", { LLM_BASE_URL: fake.origin });
    expect(found).toBe(false);
    expect(advice).toContain(`try LLM_BASE_URL=${fake.url}`);
    expect(await modelFinding("grok-4.3", {})).toMatchObject({
      found: false,
      detail: expect.stringMatching(/XAI_API_KEY/),
    });
  });
});
