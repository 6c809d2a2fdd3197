import { createSpendLimit } from "@kevo/research-stage/sources/spend-limit.ts";
import { createXSearchSource, type XSearchOptions } from "@kevo/research-stage/sources/x-search/x-search-source.ts";
import { describe, expect, test } from "vitest";
import { POSTS, SYNTHETIC_AUTHORS } from "../../fakes/corpus/corpus.ts";
import { openHarness } from "../../fakes/source-harness.ts";
import { startFakeXSearch } from "../../fakes/x/x-search.ts";

const sourceAt = (fake: { url: string }, options: Partial<XSearchOptions> = {}) =>
  createXSearchSource({
    key: "synthetic-key",
    origin: fake.url,
    model: "grok-4.3",
    authors: SYNTHETIC_AUTHORS,
    retryBudgetMs: 0,
    ...options,
  });

test("cited posts become pages, marked as second-hand, and it costs what xAI says", async () => {
  await using fake = await startFakeXSearch(POSTS);
  await using harness = await openHarness();
  const spendLimit = createSpendLimit(1);
  const result = await harness.ask(sourceAt(fake), {}, spendLimit);
  expect(result).toMatchObject({ status: "partial", cost_usd: 0.0123, calls: 1 });
  expect(result.reason).toContain("X_API_KEY");
  expect(spendLimit.committedUsd).toBeCloseTo(0.0123, 9);
  expect(result.items).toHaveLength(6);
  for (const item of result.items) {
    const post = POSTS.find(({ id }) => item.id === `x:${id}`);
    expect(item).toMatchObject({ kind: "page", sources: ["x_search"], authors: [`@${post?.handle}`] });
    expect(item.title).toContain("x_search tells it");
    expect(item.text).toBe(`@${post?.handle} says: ${post?.text}`);
  }
});

describe("failures", () => {
  test.each([
    ["401", "xAI rejects the key in XAI_API_KEY (400", "skipped"],
    ["402", "the xAI account has no credits left (429", "skipped"],
    ["429:30", "xAI temporarily refuses requests (429", "failed"],
    ["429-bare", "xAI temporarily refuses requests (429", "failed"],
    ["500", "xAI is not available (500", "failed"],
    ["503-html", "xAI is not available (503)", "failed"],
    ["malformed", "has an unknown structure", "failed"],
    ["truncated", "has an unknown structure", "failed"],
    ["cut", "was truncated", "failed"],
  ])("%s: failed with a message, and afterwards %s", async (step, reason, next) => {
    await using fake = await startFakeXSearch(POSTS, step);
    await using harness = await openHarness();
    const source = sourceAt(fake);
    const first = await harness.ask(source);
    expect(first).toMatchObject({ status: "failed", items: [], cost_usd: 0 });
    expect(first.reason).toContain(reason);
    expect((await harness.ask(source)).status).toBe(next === "skipped" ? "skipped" : "failed");
  });

  test("no answer: given up after the time limit", async () => {
    await using fake = await startFakeXSearch(POSTS, "hang");
    await using harness = await openHarness();
    const result = await harness.ask(sourceAt(fake, { timeoutMs: 300 }));
    expect(result.reason).toContain("no answer from");
  });

  test("no key, or no money: skipped", async () => {
    await using fake = await startFakeXSearch(POSTS);
    await using harness = await openHarness();
    expect((await harness.ask(sourceAt(fake, { key: null }))).reason).toContain("X_API_KEY");
    expect(await harness.ask(sourceAt(fake), {}, createSpendLimit(0.1))).toMatchObject({
      status: "skipped",
      cost_usd: 0,
    });
    expect(fake.requests).toHaveLength(0);
  });
});
