import { createExaSource, type ExaOptions } from "@kevo/research-stage/sources/exa/exa-source.ts";
import { createSpendLimit } from "@kevo/research-stage/sources/spend-limit.ts";
import { describe, expect, test } from "vitest";
import { startFakeExa } from "../../fakes/exa/server.ts";
import { openHarness } from "../../fakes/source-harness.ts";

const sourceAt = (fake: { url: string }, options: Partial<ExaOptions> = {}) =>
  createExaSource({ key: "synthetic-key", origin: fake.url, retryBudgetMs: 0, ...options });

test("publications and pages, with what Exa leaves out as null", async () => {
  await using fake = await startFakeExa();
  await using harness = await openHarness();
  const spendLimit = createSpendLimit(1);
  const result = await harness.ask(sourceAt(fake), { maxResults: 20 }, spendLimit);
  expect(result).toMatchObject({ status: "ok", reason: null, calls: 2 });
  const bare = result.items.find(({ url }) => url.endsWith("/synthetic/repo"));
  expect(bare).toMatchObject({ kind: "page", title: null, authors: [], score: null });
  expect(result.items.find(({ url }) => url.endsWith("/lazy-rescale"))).toMatchObject({ published_at: null });
  // Two spellings of one address, and abstract page and PDF of a paper, are one record each.
  expect(result.items.filter(({ id }) => id === "url:https://example.com/synthetic/hopper-notes")).toHaveLength(1);
  expect(result.items.filter(({ kind }) => kind === "paper").every(({ id }) => /^(arxiv|doi):/.test(id))).toBe(true);
  expect(result.items.find(({ url }) => url.endsWith("/attack"))?.suspicions.map(({ rule }) => rule)).toContain(
    "override",
  );
});

test("it costs what the answers say, not what was reserved", async () => {
  await using fake = await startFakeExa();
  await using harness = await openHarness();
  const spendLimit = createSpendLimit(1);
  const source = sourceAt(fake);
  const result = await harness.ask(source, { maxResults: 6 }, spendLimit);
  expect(result.cost_usd).toBeCloseTo(2 * 0.005 + 6 * 0.001, 6);
  expect(spendLimit.committedUsd).toBeCloseTo(result.cost_usd, 6);
  expect(result.cost_usd).toBeLessThanOrEqual(
    source.estimate({ text: "", since: null, until: null, maxResults: 6, purpose: "survey" }),
  );
});

test("the category is the current one, and dates go along", async () => {
  await using fake = await startFakeExa();
  await using harness = await openHarness();
  await harness.ask(sourceAt(fake), { since: "2026-05-01", until: "2026-06-30" });
  const bodies = fake.requests.map(({ body }) => JSON.parse(body));
  expect(bodies[0]).toMatchObject({
    category: "publication",
    startPublishedDate: "2026-05-01",
    endPublishedDate: "2026-06-30",
  });
  expect(bodies[1]).not.toHaveProperty("category");
});

describe("failures", () => {
  test.each([
    ["402", "the Exa account has no credits left (402 NO_MORE_CREDITS"],
    ["402-key", "the budget of the key in EXA_API_KEY is exhausted (402 API_KEY_BUDGET_EXCEEDED"],
    ["401", "Exa rejects the key in EXA_API_KEY (401"],
    ["403", "Exa rejects the key in EXA_API_KEY (403"],
  ])("%s: off for the run", async (step, reason) => {
    await using fake = await startFakeExa({ scenario: step });
    await using harness = await openHarness();
    const source = sourceAt(fake);
    const first = await harness.ask(source);
    expect(first).toMatchObject({ status: "failed", items: [], cost_usd: 0 });
    expect(first.reason).toContain(reason);
    expect((await harness.ask(source)).status).toBe("skipped");
    expect(fake.requests).toHaveLength(1);
  });

  test.each([
    ["429:30", "Exa temporarily refuses requests (429"],
    ["429-bare", "Exa temporarily refuses requests (429"],
    ["500", "Exa is not available (500"],
    ["503", "Exa is not available (503"],
    ["503-html", "Exa is not available (503)"],
    ["cut", "was truncated"],
    ["cut-early", "was truncated"],
    ["truncated", "has an unknown structure"],
    ["malformed", "has an unknown structure"],
    ["redirect", "redirects are not followed"],
  ])("%s: failed with a message", async (step, reason) => {
    await using fake = await startFakeExa({ scenario: step });
    await using harness = await openHarness();
    const result = await harness.ask(sourceAt(fake));
    expect(result).toMatchObject({ status: "failed", items: [], cost_usd: 0 });
    expect(result.reason).toContain(reason);
  });

  test("429 with Retry-After: waits and continues", async () => {
    await using fake = await startFakeExa({ scenario: "429:1,ok" });
    await using harness = await openHarness();
    const began = Date.now();
    expect((await harness.ask(sourceAt(fake, { retryBudgetMs: 3_000 }))).status).toBe("ok");
    expect(Date.now() - began).toBeGreaterThan(900);
  });

  test("no answer: given up, though the client would wait for ever", async () => {
    await using fake = await startFakeExa({ scenario: "hang" });
    await using harness = await openHarness();
    const result = await harness.ask(sourceAt(fake, { timeoutMs: 300 }));
    expect(result.status).toBe("failed");
    expect(result.reason).toContain("no answer from");
  });

  test("the second search fails: partial, with the finds of the first", async () => {
    await using fake = await startFakeExa({ scenario: "ok,503" });
    await using harness = await openHarness();
    const result = await harness.ask(sourceAt(fake));
    expect(result.status).toBe("partial");
    expect(result.items.length).toBeGreaterThan(0);
    expect(result.coverage.limits.join()).toContain("1 of 2 searches missing");
  });

  test("no key: skipped, with the variable to set", async () => {
    await using harness = await openHarness();
    const result = await harness.ask(sourceAt({ url: "http://127.0.0.1:9" }, { key: null }));
    expect(result).toMatchObject({ status: "skipped" });
    expect(result.reason).toContain("EXA_API_KEY");
  });

  test("no money: no call", async () => {
    await using fake = await startFakeExa();
    await using harness = await openHarness();
    expect(await harness.ask(sourceAt(fake), {}, createSpendLimit(0.001))).toMatchObject({
      status: "skipped",
      cost_usd: 0,
    });
    expect(fake.requests).toHaveLength(0);
  });
});
