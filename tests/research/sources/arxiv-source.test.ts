import { createMemoryStore } from "@kevo/research-stage/recording/store.ts";
import { type ArxivOptions, createArxivSource, searchQuery } from "@kevo/research-stage/sources/arxiv/arxiv-source.ts";
import { describe, expect, test } from "vitest";
import { startFakeArxiv } from "../../fakes/arxiv/server.ts";
import { PAPERS } from "../../fakes/corpus/papers.ts";
import { openHarness, QUESTION } from "../../fakes/source-harness.ts";

const sourceAt = (fake: { url: string }, options: Partial<ArxivOptions> = {}) =>
  createArxivSource({ origin: fake.url, retryBudgetMs: 5_000, intervalMs: 0, ...options });

test("papers, with versions folded, in one piece", async () => {
  await using fake = await startFakeArxiv();
  await using harness = await openHarness();
  const result = await harness.ask(sourceAt(fake), { maxResults: 50 });
  expect(result).toMatchObject({ status: "ok", reason: null, cost_usd: 0, calls: 1 });
  const { title, abstract } = PAPERS[2] as (typeof PAPERS)[0];
  const record = result.items.find(({ id }) => id === "arxiv:2613.00003");
  expect(record).toMatchObject({
    kind: "paper",
    title,
    text: abstract,
    url: "https://arxiv.org/abs/2613.00003",
    published_at: "2026-04-20T17:59:59Z",
    authors: ["Synthetic Author D", "Synthetic Coauthor"],
    suspicions: [],
  });
  expect(result.items.find(({ id }) => id === "arxiv:2613.00001")?.identities).toContain("doi:10.5555/synthetic.1");
});

test("hostile abstracts are listed, harmless ones are not", async () => {
  await using fake = await startFakeArxiv();
  await using harness = await openHarness();
  const { items } = await harness.ask(sourceAt(fake), { maxResults: 50 });
  for (const { arxiv, rule } of PAPERS) {
    const record = items.find(({ id }) => id === `arxiv:${arxiv}`);
    const rules = (record?.suspicions ?? []).map((suspicion) => suspicion.rule);
    if (rule === null) expect(rules).toEqual([]);
    else expect(rules).toContain(rule);
  }
});

test("pages are joined, and coverage says how many there are", async () => {
  await using fake = await startFakeArxiv();
  await using harness = await openHarness();
  const result = await harness.ask(sourceAt(fake), { maxResults: 5 });
  expect(result.items).toHaveLength(5);
  expect(result.coverage.available).toBeGreaterThan(15);
});

test("a question in arXiv's syntax, dates included, operators taken out", () => {
  expect(searchQuery({ ...QUESTION, text: 'exp2 AND "all:x" (ti:flash-attention)', since: "2026-01-01" })).toBe(
    '(all:exp2 OR all:all OR all:ti OR all:"flash-attention") AND submittedDate:[202601010000 TO 219912312359]',
  );
});

describe("failures", () => {
  test.each([
    ["error-200", "arXiv rejected the query: incorrect id format", 1],
    ["plain", `arXiv's answer is not an Atom feed ("The server is tired.")`, 3],
    ["malformed", "arXiv's answer is not an Atom feed", 3],
    ["truncated", "arXiv's answer is not", 3],
    ["403", "arXiv is not available (403)", 3],
    ["429:1", "arXiv temporarily refuses requests (429)", 3],
    ["500", "arXiv is not available (500)", 3],
    ["503:1", "arXiv is not available (503)", 3],
    ["503-html", "arXiv is not available (503)", 3],
    ["cut", "was truncated", 3],
    ["cut-early", "was truncated", 3],
    ["redirect", "redirects are not followed", 3],
  ])("%s: failed with a message", async (step, reason, calls) => {
    await using fake = await startFakeArxiv({ scenario: step });
    await using harness = await openHarness({ hurried: true });
    const result = await harness.ask(sourceAt(fake, { retryBudgetMs: 60_000 }));
    expect(result).toMatchObject({ status: "failed", items: [] });
    expect(result.reason).toContain(reason);
    expect(fake.requests).toHaveLength(calls);
  });

  test("an error entry with status 400", async () => {
    await using fake = await startFakeArxiv();
    await using harness = await openHarness();
    const result = await harness.ask(sourceAt(fake), { maxResults: 0.5 });
    expect(result).toMatchObject({ status: "failed" });
    expect(result.reason).toContain("max_results must be an integer");
  });

  test("an empty page though there are more is asked for again", async () => {
    await using fake = await startFakeArxiv({ scenario: "empty,empty,ok" });
    await using harness = await openHarness();
    const result = await harness.ask(sourceAt(fake));
    expect(result).toMatchObject({ status: "ok", calls: 3 });
    expect(result.items).toHaveLength(10);
  });

  test("always empty: failed, and not nothing found", async () => {
    await using fake = await startFakeArxiv({ scenario: "empty" });
    await using harness = await openHarness();
    const result = await harness.ask(sourceAt(fake));
    expect(result).toMatchObject({ status: "failed", items: [] });
    expect(result.reason).toContain("empty page 3 times");
  });

  test("short pages are joined", async () => {
    await using fake = await startFakeArxiv({ largestPage: 8 });
    await using harness = await openHarness();
    const result = await harness.ask(sourceAt(fake), { maxResults: 15 });
    expect(result).toMatchObject({ status: "ok", calls: 2 });
    expect(new Set(result.items.map(({ id }) => id)).size).toBe(15);
  });

  test("an outage after the first page: partial", async () => {
    await using fake = await startFakeArxiv({ scenario: "ok,503", largestPage: 8 });
    await using harness = await openHarness();
    const result = await harness.ask(sourceAt(fake, { retryBudgetMs: 0 }), { maxResults: 15 });
    expect(result.status).toBe("partial");
    expect(result.reason).toContain("503");
    expect(result.items).toHaveLength(8);
  });

  test("no answer: given up after the time limit", async () => {
    await using fake = await startFakeArxiv({ scenario: "hang" });
    await using harness = await openHarness();
    const result = await harness.ask(sourceAt(fake, { timeoutMs: 300, retryBudgetMs: 0 }));
    expect(result.status).toBe("failed");
    expect(result.reason).toContain("within 0.3 s");
  });

  test("nothing found is ok and empty", async () => {
    await using fake = await startFakeArxiv();
    await using harness = await openHarness();
    expect(await harness.ask(sourceAt(fake), { text: "zzyzx" })).toMatchObject({
      status: "ok",
      reason: null,
      items: [],
    });
  });
});

describe("manners", () => {
  test("calls keep their distance, also those of several sources", async () => {
    await using fake = await startFakeArxiv({ intervalMs: 395 });
    await using harness = await openHarness();
    const sources = [
      sourceAt(fake, { intervalMs: 400, retryBudgetMs: 0 }),
      sourceAt(fake, { intervalMs: 400, retryBudgetMs: 0 }),
    ];
    const results = await Promise.all(
      ["attention", "kernels", "softmax"].map((text, n) =>
        harness.ask(sources[n % 2] as (typeof sources)[0], { text }),
      ),
    );
    // The fake refuses a call that comes too soon.
    expect(results.map(({ status }) => status)).toEqual(["ok", "ok", "ok"]);
  });

  test("an answer serves for a day, and its errors do not", async () => {
    const cache = createMemoryStore();
    const day = 86_400_000;
    await using fake = await startFakeArxiv({ scenario: "plain,ok" });
    const askAt = async (now: number) => {
      await using harness = await openHarness({ cache, now: () => now });
      return await harness.ask(sourceAt(fake, { retryBudgetMs: 60_000 }));
    };
    await using harness = await openHarness({ cache, now: () => 0 });
    expect((await harness.ask(sourceAt(fake, { retryBudgetMs: 0 }))).status).toBe("failed");
    expect(await askAt(0)).toMatchObject({ status: "ok", calls: 1 });
    expect(await askAt(day - 1)).toMatchObject({ status: "ok", calls: 0 });
    expect(fake.requests).toHaveLength(2);
    expect(await askAt(day)).toMatchObject({ status: "ok", calls: 1 });
    expect(fake.requests).toHaveLength(3);
  });
});
