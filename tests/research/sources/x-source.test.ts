/** The X source when X does not answer: one test for each way in which it fails. */

import { createSpendLimit } from "@kevo/research-stage/sources/spend-limit.ts";
import { POST_USD } from "@kevo/research-stage/sources/x/billing.ts";
import { createXSource, type XOptions } from "@kevo/research-stage/sources/x/x-source.ts";
import { describe, expect, test } from "vitest";
import { AS_OF, POSTS, SYNTHETIC_AUTHORS } from "../../fakes/corpus/corpus.ts";
import type { FakeServer } from "../../fakes/http/fake-server.ts";
import { openHarness } from "../../fakes/source-harness.ts";
import { startFakeX } from "../../fakes/x/server.ts";

const sourceAt = (fake: { url: string }, options: Partial<XOptions> = {}) =>
  createXSource({
    key: "synthetic-key",
    origin: fake.url,
    authors: SYNTHETIC_AUTHORS,
    archive: "recent",
    retryBudgetMs: 5_000,
    intervalMs: 0,
    ...options,
  });
const openFake = (scenario = "ok", limit = 450): Promise<FakeServer> =>
  startFakeX({ posts: POSTS, now: AS_OF, scenario, limit });
/** Rate limits state real times. */
const openClockHarness = () => openHarness({ now: Date.now });

describe("refused for good: off for the run", () => {
  test.each([
    ["401", "X rejects the key in X_API_KEY (401"],
    ["402", "the X account has no credits left (402"],
    ["403", "X rejects the key in X_API_KEY (403"],
  ])("%s", async (status, reason) => {
    await using fake = await openFake(status);
    await using harness = await openHarness();
    const source = sourceAt(fake);
    const first = await harness.ask(source);
    expect(first).toMatchObject({ status: "failed", items: [], cost_usd: 0 });
    expect(first.reason).toContain(reason);
    const second = await harness.ask(source);
    expect(second.status).toBe("skipped");
    expect(second.reason).toContain(reason);
    expect(fake.requests).toHaveLength(1);
  });

  test("in the middle: the threads so far, marked", async () => {
    await using fake = await openFake("ok,402");
    await using harness = await openHarness();
    const result = await harness.ask(sourceAt(fake));
    expect(result.status).toBe("partial");
    expect(result.reason).toContain("no credits left");
    expect(result.items.length).toBeGreaterThan(0);
    for (const item of result.items) {
      expect(item.kind === "thread" && item.thread.partial.some((why) => why.includes("no credits left"))).toBe(true);
    }
  });
});

describe("429", () => {
  test.each(["429:1", "429-code:1"])("%s: waits until the reset and continues", async (step) => {
    await using fake = await openFake(`${step},ok`);
    await using harness = await openClockHarness();
    const began = Date.now();
    const result = await harness.ask(sourceAt(fake));
    expect(result.status).toBe("ok");
    expect(Date.now() - began).toBeGreaterThan(900);
    expect(harness.notes.join()).toContain("trying again in");
  });

  test("a reset beyond the retry budget is not waited for, and named", async () => {
    await using fake = await openFake("ok,ok,429:800");
    await using harness = await openClockHarness();
    const result = await harness.ask(sourceAt(fake));
    expect(result.status).toBe("partial");
    expect(result.reason).toMatch(/temporarily refuses requests.*the limit ends at 20/);
    expect(result.items.length).toBeGreaterThan(0);
  });

  test("at once, without end: failed, not empty", async () => {
    await using fake = await openFake("429:800");
    await using harness = await openClockHarness();
    expect(await harness.ask(sourceAt(fake))).toMatchObject({ status: "failed", items: [] });
  });

  test("without a reset it waits a while, if the retry budget lasts", async () => {
    await using fake = await openFake("429-bare,ok");
    await using harness = await openClockHarness();
    expect((await harness.ask(sourceAt(fake, { retryBudgetMs: 1_000 }))).status).toBe("failed");
  });

  test("a window that is used up ends in 429 and not in a silent stop", async () => {
    await using fake = await openFake("ok", 2);
    await using harness = await openClockHarness();
    const result = await harness.ask(sourceAt(fake));
    expect(result.status).toBe("partial");
    expect(result.reason).toContain("429");
  });
});

describe("not available", () => {
  test.each([
    ["500", "X is not available (500"],
    ["503", "X is not available (503"],
    ["503-html", "X is not available (503)"],
    ["cut", "was truncated"],
    ["truncated", "was truncated"],
    ["cut-early", "was truncated"],
    ["malformed", "has an unknown structure (at data)"],
    ["redirect", "redirects are not followed"],
  ])("%s: tried once more, then failed with a message", async (step, reason) => {
    await using fake = await openFake(step);
    await using harness = await openHarness({ hurried: true });
    const result = await harness.ask(sourceAt(fake));
    expect(result).toMatchObject({ status: "failed", items: [], cost_usd: 0 });
    expect(result.reason).toContain(reason);
    expect(fake.requests).toHaveLength(2);
  });

  test("a hiccup is survived", async () => {
    await using fake = await openFake("503,ok");
    await using harness = await openHarness({ hurried: true });
    expect((await harness.ask(sourceAt(fake))).status).toBe("ok");
  });

  test("503 in the middle: fewer results", async () => {
    await using fake = await openFake("ok,ok,503");
    await using harness = await openHarness({ hurried: true });
    const result = await harness.ask(sourceAt(fake));
    expect(result).toMatchObject({ status: "partial" });
    expect(result.items.length).toBeGreaterThan(0);
  });

  test("no answer: given up after the time limit", async () => {
    await using fake = await openFake("hang");
    await using harness = await openHarness();
    const result = await harness.ask(sourceAt(fake, { timeoutMs: 300, retryBudgetMs: 0 }));
    expect(result.status).toBe("failed");
    expect(result.reason).toContain("no answer from http://127.0.0.1");
  });

  test("no connection", async () => {
    await using harness = await openHarness();
    const result = await harness.ask(sourceAt({ url: "http://127.0.0.1:9" }, { retryBudgetMs: 0 }));
    expect(result.status).toBe("failed");
    expect(result.reason).toContain("no connection to http://127.0.0.1:9");
  });

  test("aborted: throws the signal's reason", async () => {
    await using fake = await openFake("hang");
    await using harness = await openHarness();
    const reason = new Error("stopped by hand");
    const stop = new AbortController();
    const asked = harness.ask(sourceAt(fake), {}, createSpendLimit(1), stop.signal);
    stop.abort(reason);
    await expect(asked).rejects.toBe(reason);
  });
});

test("no key: skipped, with the variable to set", async () => {
  await using harness = await openHarness();
  const result = await harness.ask(sourceAt({ url: "http://127.0.0.1:9" }, { key: null }));
  expect(result).toMatchObject({ status: "skipped", items: [] });
  expect(result.reason).toContain("X_API_KEY");
});

test("nothing found is ok and empty", async () => {
  await using fake = await openFake();
  await using harness = await openHarness();
  const result = await harness.ask(sourceAt(fake), { text: "zzyzx" });
  expect(result).toMatchObject({ status: "ok", reason: null, items: [], cost_usd: 0, calls: 1 });
});

describe("what it costs", () => {
  test("no call without the money for it", async () => {
    await using fake = await openFake();
    await using harness = await openHarness();
    const result = await harness.ask(sourceAt(fake), {}, createSpendLimit(0.1));
    expect(result).toMatchObject({ status: "skipped", cost_usd: 0 });
    expect(result.reason).toContain("$0.1");
    expect(fake.requests).toHaveLength(0);
  });

  test("a call that the spend limit refuses is not made, of either kind", async () => {
    await using fake = await openFake();
    await using harness = await openHarness();
    const spendLimit = createSpendLimit(100);
    let calls = 0;
    // Somebody else takes the rest of the money after the first call.
    const result = await harness.ask(
      sourceAt(fake),
      {},
      { ...spendLimit, reserve: (usd) => calls++ === 0 && spendLimit.reserve(usd) },
    );
    expect(result.status).toBe("partial");
    expect(result.reason).toContain("is too small for another call");
    expect(fake.requests).toHaveLength(1);
  });

  test.each([0.16, 0.3, 0.5, 1])("$%d is never exceeded", async (budget) => {
    await using fake = await openFake();
    await using harness = await openHarness();
    const spendLimit = createSpendLimit(budget);
    const result = await harness.ask(sourceAt(fake), { maxResults: 40 }, spendLimit);
    expect(result.status).toBe("partial");
    expect(result.items.length).toBeGreaterThan(0);
    expect(result.cost_usd).toBeLessThanOrEqual(budget);
    expect(spendLimit.committedUsd).toBeCloseTo(result.cost_usd, 6);
  });

  test("each post once a day, even if it arrives twice", async () => {
    await using fake = await openFake();
    await using harness = await openHarness();
    const source = sourceAt(fake);
    const result = await harness.ask(source);
    expect(result.cost_usd).toBeCloseTo(result.coverage.returned * POST_USD, 6);
    // Another question on the same day pays only for new posts.
    const more = await harness.ask(source, { maxResults: 11 });
    expect(more.cost_usd).toBeLessThan(result.cost_usd / 2);
  });

  test("max_results stays within X's bounds", async () => {
    await using fake = await openFake();
    await using harness = await openHarness();
    await harness.ask(sourceAt(fake), { maxResults: 1 });
    await harness.ask(sourceAt(fake, { archive: "all" }), { maxResults: 900 });
    const sizes = fake.requests.flatMap(({ url }) => url.searchParams.get("max_results") ?? []).map(Number);
    expect(Math.min(...sizes)).toBe(10);
    expect(Math.max(...sizes)).toBe(500);
  });
});

test("many authors become several questions, none too long", async () => {
  await using fake = await openFake();
  await using harness = await openHarness();
  const authors = Array.from({ length: 60 }, (_, n) => `synthetic_${n}`);
  await harness.ask(sourceAt(fake, { authors: [...authors, ...SYNTHETIC_AUTHORS] }));
  const queries = fake.requests.flatMap(({ url }) => url.searchParams.get("query") ?? []);
  expect(queries.filter((query) => query.includes("from:synthetic_")).length).toBeGreaterThan(1);
  expect(Math.max(...queries.map(({ length }) => length))).toBeLessThanOrEqual(512);
});
