import fc from "fast-check";
import { APIError } from "openai";
import { describe, expect, it } from "vitest";
import { UserError } from "../errors/user-error.ts";
import type { CallRecord } from "./call.ts";
import { createCallStore } from "./call-store.ts";
import { readCompletion } from "./completion.ts";
import { connectionOf } from "./connection.ts";
import { failureOf } from "./failure.ts";
import { priceOf, usdOf } from "./prices.ts";
import { redactor } from "./redact.ts";
import { promptTokensAtMost, worstCaseUsd } from "./worst-case.ts";

describe("the provider", () => {
  const XAI = { XAI_API_KEY: "xai-key" };
  const OPENAI = { OPENAI_API_KEY: "sk-key" };
  const ANTHROPIC = { ANTHROPIC_API_KEY: "sk-ant-key" };
  it.each([
    ["xAI by default", undefined, { ...OPENAI, ...XAI }, "xai", "https://api.x.ai/v1", "grok-4.3", "xai-key"],
    ["whose key is set", undefined, OPENAI, "openai", "https://api.openai.com/v1", "gpt-6.1-sol", "sk-key"],
    [
      "of the model's name",
      "claude-opus-5-5",
      { ...XAI, ...ANTHROPIC },
      "anthropic",
      "https://api.anthropic.com/v1",
      "claude-opus-5-5",
      "sk-ant-key",
    ],
    [
      "self-hosted, before all",
      "grok-4.3",
      { ...XAI, LLM_BASE_URL: "http://h:1/v1/" },
      "local",
      "http://h:1/v1",
      "grok-4.3",
      "xai-key",
    ],
    ["self-hosted, without a key", "qwen3", { LLM_BASE_URL: "http://h:1/v1" }, "local", "http://h:1/v1", "qwen3", null],
    [
      "an empty key does not count",
      undefined,
      { XAI_API_KEY: "", ...OPENAI },
      "openai",
      "https://api.openai.com/v1",
      "gpt-6.1-sol",
      "sk-key",
    ],
  ])("%s", (_, wanted, environment, provider, baseUrl, model, key) => {
    expect(connectionOf(wanted, environment)).toMatchObject({ provider, baseUrl, model, key });
  });

  it.each([
    [undefined, {}, /grok-4\.3 needs XAI_API_KEY.*LLM_BASE_URL/],
    ["gpt-5.1", { XAI_API_KEY: "x" }, /gpt-5\.1 needs OPENAI_API_KEY/],
    ["m", { LLM_BASE_URL: "localhost:8000" }, /LLM_BASE_URL "localhost:8000" is not a URL/],
    ["m", { LLM_BASE_URL: "http://me:secret@h/v1" }, /must not contain a password/],
  ])("%s with %j is refused with a message", (wanted, environment, message) => {
    expect(() => connectionOf(wanted, environment)).toThrow(UserError);
    expect(() => connectionOf(wanted, environment)).toThrow(message);
    expect(() => connectionOf(wanted, environment)).not.toThrow(/secret@/);
  });

  it("on a self-hosted server is free under a name that no provider sells, unless it requires a key", () => {
    const LLM_BASE_URL = "http://h/v1";
    expect(usdOf(connectionOf("qwen3", { LLM_BASE_URL }).price, { prompt: 1e6, cached: 0, output: 1e6 })).toBe(0);
    expect(connectionOf("grok-4.3", { LLM_BASE_URL }).price).toEqual(priceOf("grok-4.3"));
    expect(connectionOf("qwen3", { LLM_BASE_URL, XAI_API_KEY: "k" }).price.output).toBeGreaterThan(50);
  });
});

describe("a key", () => {
  it("that no header can carry is refused before money is set aside for a call, and is not said", () => {
    const start = (key: string) => () => connectionOf("grok-4.3", { XAI_API_KEY: key, LLM_BASE_URL: "http://h:1/v1" });
    expect(start("xai-01234\n56789")).toThrow(/^XAI_API_KEY contains a line break, [^0-9]*$/);
    expect(start("xai-0123456789\r\n")).not.toThrow();
  });
});

describe("the worst case", () => {
  const request = (content: string, maxTokens = 1000) => ({
    messages: [{ role: "user" as const, content }],
    answer: { name: "a", schema: { type: "object" } },
    maxTokens,
  });

  it("bounds the tokens of any prompt by its bytes, and grows with prompt and completion", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(10_000), (text, maxTokens) => {
        const bytes = Buffer.byteLength(text);
        expect(promptTokensAtMost(request(text))).toBeGreaterThan(bytes);
        const price = priceOf("grok-4.3");
        const worst = worstCaseUsd(price, request(text, maxTokens));
        expect(worst).toBeGreaterThanOrEqual(usdOf(price, { prompt: bytes, cached: 0, output: maxTokens }));
      }),
    );
  });

  it("knows that long prompts cost twice as much, and takes an unknown model for a dear one", () => {
    const price = priceOf("grok-4.3");
    expect(usdOf(price, { prompt: 200_000, cached: 0, output: 1_000_000 })).toBeCloseTo(0.25 + 2.5);
    expect(usdOf(price, { prompt: 400_000, cached: 0, output: 1_000_000 })).toBeCloseTo(1 + 5);
    expect(worstCaseUsd(priceOf("whatever-9"), request("x"))).toBeGreaterThan(worstCaseUsd(price, request("x")));
  });
});

describe("a completion", () => {
  const body = (usage: object | null, choice: object = {}) => ({
    model: "grok-4.3",
    choices: [{ message: { content: "{}" }, finish_reason: "stop", ...choice }],
    usage,
  });
  const price = priceOf("grok-4.3");

  it("costs what its ticks say", () => {
    const usage = {
      prompt_tokens: 12,
      completion_tokens: 1,
      total_tokens: 241,
      completion_tokens_details: { reasoning_tokens: 228 },
      cost_in_usd_ticks: 1_176_500,
    };
    expect(readCompletion(body(usage), price)).toMatchObject({
      usd: 0.00011765,
      tokens: { prompt: 12, completion: 1, reasoning: 228 },
    });
  });

  it("without ticks costs by the table, with reasoning within the completion or beside it, as the total says", () => {
    const details = { completion_tokens_details: { reasoning_tokens: 40 } };
    const among = { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150, ...details };
    const beside = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 150, ...details };
    for (const usage of [among, beside]) {
      const read = readCompletion(body(usage), price);
      expect(read?.tokens).toEqual({ prompt: 100, completion: 10, reasoning: 40 });
      expect(read?.usd).toBeCloseTo((100 * 1.25 + 50 * 2.5) / 1e6, 12);
    }
    const cached = { ...beside, prompt_tokens_details: { cached_tokens: 80 } };
    expect(readCompletion(body(cached), price)?.usd).toBeCloseTo((20 * 1.25 + 80 * 0.2 + 50 * 2.5) / 1e6, 12);
  });

  it("without usage has an unknown cost, and other values are not usage", () => {
    expect(readCompletion(body(null), price)).toMatchObject({ usd: null, tokens: null });
    expect(readCompletion(body({ prompt_tokens: -1, completion_tokens: 0 }), price)).toMatchObject({ usd: null });
    for (const nonsense of [null, "<html>", {}, { choices: [] }, { model: 1, choices: [{}] }]) {
      expect(readCompletion(nonsense, price)).toBeNull();
    }
  });

  it("that was withheld by a filter is a refusal", () => {
    expect(readCompletion(body(null, { finish_reason: "content_filter" }), price)?.refusal).toMatch(/filter/);
  });
});

describe("an error of a provider", () => {
  const of = (status: number, error: unknown, headers: Record<string, string> = {}) =>
    failureOf(APIError.generate(status, error as object, undefined, new Headers(headers)), (text) => text, null);
  it.each([
    [
      401,
      { error: { message: "Incorrect API key provided", type: "invalid_request_error", code: "invalid_api_key" } },
      "bad_key",
    ],
    [400, { code: "Client specified an invalid argument", error: "Incorrect API key provided: xa***et." }, "bad_key"],
    [403, { error: "Your team has used all available credits or reached its monthly spending limit." }, "no_credits"],
    [403, { error: { message: "permission denied" } }, "bad_key"],
    [402, {}, "no_credits"],
    [400, { error: { message: "Your credit balance is too low to access the Anthropic API." } }, "no_credits"],
    [429, { error: { message: "You exceeded your current quota", type: "insufficient_quota" } }, "no_credits"],
    [429, { error: { message: "Rate limit reached" } }, "rate_limited"],
    [
      400,
      { error: { message: "This model's maximum context length is 8192", code: "context_length_exceeded" } },
      "overflow",
    ],
    [404, { error: { message: "The model `x` does not exist" } }, "unknown_model"],
    [400, { error: "Invalid response_format: schema too deep" }, "bad_request"],
    [529, { error: { message: "Overloaded", type: "overloaded_error" } }, "server_error"],
  ])("%i %j is %s", (status, body, kind) => {
    expect(of(status, body)).toMatchObject({ kind, free: true });
  });

  it("says how long to wait, in seconds or as a date, and never a negative time", () => {
    const limited = { error: { message: "Rate limit reached" } };
    expect(of(429, limited, { "retry-after": "7" }).waitMs).toBe(7000);
    expect(of(429, limited, { "retry-after-ms": "30" }).waitMs).toBe(30);
    expect(of(429, limited).waitMs).toBeNull();
    expect(of(429, limited, { "retry-after": "soon" }).waitMs).toBeNull();
    const at = (ms: number) =>
      of(429, limited, { "retry-after": new Date(Date.now() + ms).toUTCString() }).waitMs ?? -1;
    expect(at(20_000)).toBeGreaterThan(15_000);
    expect(at(-20_000)).toBe(0);
  });

  it("is reported in one line without keys", () => {
    const environment = { XAI_API_KEY: "xai-0123456789" };
    const error = APIError.generate(400, { error: "no\n key xai-0123456789" }, undefined, new Headers());
    const { message } = failureOf(error, redactor("xai-0123456789", environment), null);
    expect(message).toBe("HTTP 400: no key [redacted]");
  });

  it("moves no terminal's cursor", () => {
    const said = "\u001b[31mbad\u001b[0m\u001b]0;title\u0007 key\r\n\u0008\u202eat x";
    const { message } = failureOf(new APIError(400, said, said, new Headers()), (text) => text, null);
    expect(message).toMatch(/^HTTP 400: bad.* key at x$/);
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe("recorded calls", () => {
  const record = (id: string, hash: string, change: Partial<CallRecord> = {}): CallRecord => ({
    id,
    hash: hash.repeat(64),
    proposer: "llm",
    variant: null,
    island: null,
    model: "m",
    answered_by: "m",
    messages: [],
    answer: id,
    prompt_tokens: 1,
    completion_tokens: 1,
    reasoning_tokens: 0,
    reserved_usd: 1,
    cost_usd: 0.5,
    latency_ms: 1,
    attempt: 1,
    retried: false,
    outcome: "ok",
    error: null,
    replayed: false,
    created_at: 0,
    ...change,
  });

  it("come back in order, without attempts that were retried; the last stays", async () => {
    const failed = { outcome: "timeout", answer: null } as const;
    const store = createCallStore([
      record("1", "a", { ...failed, retried: true }),
      record("2", "a", failed),
      record("3", "b"),
      record("4", "a"),
    ]);
    const ids = [];
    for (let n = 0; n < 3; n++) ids.push((await store.next("a".repeat(64)))?.id);
    expect(ids).toEqual(["2", "4", "4"]);
    expect((await store.answered("a".repeat(64)))?.id).toBe("4");
    expect(await store.next("c".repeat(64))).toBeNull();
  });

  it("count once under their id", async () => {
    const store = createCallStore();
    for (const id of ["1", "1", "2"]) await store.record(record(id, "a"));
    expect(store.calls.map(({ id }) => id)).toEqual(["1", "2"]);
  });
});
