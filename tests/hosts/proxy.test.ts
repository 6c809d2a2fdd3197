/** A proxy in the environment: the cluster passes it by, models and literature go through it, and errors name it. */
import { createCallStore } from "@kevo/core/llm/call-store.ts";
import { ModelError } from "@kevo/core/llm/errors.ts";
import { openModel } from "@kevo/core/llm/llm.ts";
import { createSpending } from "@kevo/core/llm/local-spending.fixture.ts";
import { createArxivSource } from "@kevo/research-stage/sources/arxiv/arxiv-source.ts";
import { afterEach, expect, test, vi } from "vitest";
import { startFakeArxiv } from "../fakes/arxiv/server.ts";
import { startFakeCompatible } from "../fakes/compatible/server.ts";
import { startFakeProxy } from "../fakes/http/proxy.ts";
import { openHarness } from "../fakes/source-harness.ts";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

afterEach(() => vi.unstubAllEnvs());

const portOf = (url: string) => Number(new URL(url).port);

function asking(base: string, key: string | null = null) {
  const environment = { LLM_BASE_URL: base, ...(key === null ? {} : { XAI_API_KEY: key }) };
  // Against what hangs: a busy machine answers late.
  const limits = { retries: 0, timeoutMs: 120_000 };
  const client = openModel({
    model: "grok-4.3",
    store: createCallStore(),
    spending: createSpending(1),
    environment,
    limits,
  });
  const answer = { name: "a", schema: { type: "object" } };
  const request = { messages: [{ role: "user" as const, content: "x" }], answer, maxTokens: 100 };
  return client.ask(request, { labels: { proposer: "llm", variant: null, island: null } });
}

test.each(["http_proxy", "HTTP_PROXY", "all_proxy"])("a model is asked through %s", async (name) => {
  await using model = await startFakeCompatible("ok", { tile: 8 });
  await using proxy = await startFakeProxy(portOf(model.url));
  vi.stubEnv(name, proxy.url.replace("//", "//me:secret@"));
  expect((await asking("http://model.example/v1")).text).toBe('{"tile":8}');
  expect(proxy.asked).toEqual([
    { what: "POST http://model.example/v1/chat/completions", authorization: `Basic ${btoa("me:secret")}` },
  ]);
});

test("an HTTPS model gets a tunnel, and the proxy sees no key", async () => {
  await using proxy = await startFakeProxy(null);
  vi.stubEnv("https_proxy", proxy.url);
  const error = await asking("https://model.example/v1", "xai-1234567890-secret").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ModelError);
  expect((error as ModelError).message).toContain(`through the proxy https_proxy=${proxy.url}`);
  expect(proxy.asked).toEqual([{ what: "CONNECT model.example:443", authorization: undefined }]);
});

test("a proxy that does not listen is named; requests under no_proxy and to this host avoid it", async () => {
  vi.stubEnv("http_proxy", "http://127.0.0.1:9");
  await expect(asking("http://model.example/v1")).rejects.toThrow(
    /ECONNREFUSED.*; it went through the proxy http_proxy=http:\/\/127\.0\.0\.1:9 \(no_proxy lists/,
  );
  await using model = await startFakeCompatible("ok", { tile: 8 });
  expect((await asking(model.url)).text).toBe('{"tile":8}');
  vi.stubEnv("no_proxy", "model.invalid");
  const direct = await asking("http://model.invalid/v1").catch((thrown: Error) => thrown.message);
  expect(direct).not.toContain("proxy");
});

test("literature is read through it, and a source that is not reached says so", async () => {
  await using arxiv = await startFakeArxiv();
  await using proxy = await startFakeProxy(portOf(arxiv.url));
  await using harness = await openHarness({ hurried: true });
  const source = createArxivSource({ origin: "http://arxiv.example", retryBudgetMs: 0, intervalMs: 0 });
  vi.stubEnv("http_proxy", proxy.url);
  expect((await harness.ask(source, { maxResults: 5 })).items).toHaveLength(5);
  expect(proxy.asked[0]?.what).toMatch(/^GET http:\/\/arxiv\.example\/api\/query\?/);
  vi.stubEnv("http_proxy", "http://127.0.0.1:9");
  const { status, reason } = await harness.ask(source, { maxResults: 7 });
  expect({ status, reason }).toMatchObject({
    status: "failed",
    reason: expect.stringContaining("through the proxy http_proxy=http://127.0.0.1:9"),
  });
});

test.each([
  ["http_proxy", {}],
  ["https_proxy", { NO_PROXY: "localhost,127.0.0.1" }],
  ["grpc_proxy", {}],
  ["all_proxy", { NODE_USE_ENV_PROXY: "1" }],
])("a run on this host passes %s by", async (name, more) => {
  await using proxy = await startFakeProxy(null);
  await using place = new Workplace();
  const space = place.file("space.json");
  writeSyntheticSpace(space);
  const args = ["start", "--backend", "replay", "--space", space, "--evaluations", "8", "--islands", "1", "--json"];
  const env = { [name]: proxy.url, http_proxy: proxy.url, KEVO_TOKEN: "token-1234567890", ...more };
  const { code, stderr } = await place.run("coordinator", args, env);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(proxy.asked).toEqual([]);
});
