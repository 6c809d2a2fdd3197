/** All sources at once, over the fakes: whole, with two of three down, and from the recording with the network off. */

import { createMemoryStore } from "@kevo/research-stage/recording/store.ts";
import { createArxivSource } from "@kevo/research-stage/sources/arxiv/arxiv-source.ts";
import { createExaSource } from "@kevo/research-stage/sources/exa/exa-source.ts";
import { renderForPrompt } from "@kevo/research-stage/sources/rendering.ts";
import type { Source } from "@kevo/research-stage/sources/source.ts";
import { createSpendLimit } from "@kevo/research-stage/sources/spend-limit.ts";
import { overall, survey } from "@kevo/research-stage/sources/survey.ts";
import { createXSource } from "@kevo/research-stage/sources/x/x-source.ts";
import { expect, test } from "vitest";
import { startFakeArxiv } from "../../fakes/arxiv/server.ts";
import { AS_OF, POSTS, SYNTHETIC_AUTHORS } from "../../fakes/corpus/corpus.ts";
import { startFakeExa } from "../../fakes/exa/server.ts";
import { openHarness, QUESTION } from "../../fakes/source-harness.ts";
import { startFakeX } from "../../fakes/x/server.ts";

interface Origins {
  readonly x: string;
  readonly exa: string;
  readonly arxiv: string;
}

const openAll = (origins: Origins, key: string | null = "synthetic-key"): Source[] => [
  createXSource({ key, origin: origins.x, authors: SYNTHETIC_AUTHORS, archive: "recent", retryBudgetMs: 0 }),
  createArxivSource({ origin: origins.arxiv, retryBudgetMs: 0, intervalMs: 0 }),
  createExaSource({ key, origin: origins.exa, retryBudgetMs: 0 }),
];

const NOWHERE = { x: "http://127.0.0.1:9", exa: "http://127.0.0.1:9", arxiv: "http://127.0.0.1:9" };

async function surveyWith(
  scenarios: Partial<Origins>,
  {
    recording = createMemoryStore(),
    replay = false,
  }: { recording?: ReturnType<typeof createMemoryStore>; replay?: boolean } = {},
) {
  await using x = await startFakeX({ posts: POSTS, now: AS_OF, scenario: scenarios.x ?? "ok" });
  await using exa = await startFakeExa({ scenario: scenarios.exa ?? "ok" });
  await using arxiv = await startFakeArxiv({ scenario: scenarios.arxiv ?? "ok" });
  await using harness = await openHarness({ recording, replay });
  const origins = replay ? NOWHERE : { x: x.url, exa: exa.url, arxiv: arxiv.url };
  const spendLimits = new Map(["x", "exa", "arxiv"].map((name) => [name, createSpendLimit(1)]));
  const result = await survey(openAll(origins), QUESTION, {
    transport: harness.transport,
    spendLimitOf: (name) => spendLimits.get(name) ?? createSpendLimit(0),
  });
  return { result, asked: x.requests.length + exa.requests.length + arxiv.requests.length };
}

test("all sources up: ok, merged, with what it cost", async () => {
  const { result } = await surveyWith({});
  expect(result.status).toBe("ok");
  expect(new Set(result.records.flatMap(({ sources }) => sources))).toEqual(new Set(["x", "arxiv", "exa"]));
  const both = result.records.filter(({ sources }) => sources.includes("exa") && sources.includes("arxiv"));
  expect(both.length).toBeGreaterThan(2);
  expect(result.cost_usd).toBeCloseTo(
    result.sources.reduce((sum, { cost_usd }) => sum + cost_usd, 0),
    9,
  );
});

test("two of three down: partial, and it says which and why", async () => {
  const { result } = await surveyWith({ x: "503", exa: "402" });
  expect(result.status).toBe("partial");
  expect(result.sources.map(({ source, status }) => `${source} ${status}`)).toEqual([
    "x failed",
    "arxiv ok",
    "exa failed",
  ]);
  expect(result.sources.map(({ reason }) => reason)).toEqual([
    expect.stringContaining("X is not available (503"),
    null,
    expect.stringContaining("no credits left"),
  ]);
  expect(result.records.length).toBeGreaterThan(5);
});

test("all down: failed, which is not the same as nothing found", async () => {
  const { result } = await surveyWith({ x: "cut", exa: "500", arxiv: "plain" });
  expect(result).toMatchObject({ status: "failed", records: [] });
});

test("the recording gives the same survey, with the network off", async () => {
  const recording = createMemoryStore();
  const live = await surveyWith({ x: "ok,ok,503", arxiv: "empty,ok" }, { recording });
  const replayed = await surveyWith({}, { recording: createMemoryStoreFrom(recording), replay: true });
  expect(live.result.status).toBe("partial");
  expect(replayed.result).toEqual(live.result);
  expect(replayed.asked).toBe(0);
});

function createMemoryStoreFrom(recording: ReturnType<typeof createMemoryStore>) {
  const copy = createMemoryStore();
  copy.all.push(...recording.all);
  return copy;
}

test("another question to the recording is refused with a message", async () => {
  await using harness = await openHarness({ replay: true });
  const asked = survey(openAll(NOWHERE), QUESTION, {
    transport: harness.transport,
    spendLimitOf: () => createSpendLimit(1),
  });
  await expect(asked).rejects.toThrow(/The recording has no answer to GET/);
});

test("no keys: what needs none still looks", async () => {
  await using arxiv = await startFakeArxiv();
  await using harness = await openHarness();
  const sources = openAll({ ...NOWHERE, arxiv: arxiv.url }, null);
  const result = await survey(sources, QUESTION, {
    transport: harness.transport,
    spendLimitOf: () => createSpendLimit(1),
  });
  expect(result.status).toBe("partial");
  expect(result.sources.map(({ status }) => status)).toEqual(["skipped", "ok", "skipped"]);
});

test("statuses together", () => {
  expect(overall(["ok", "ok"])).toBe("ok");
  expect(overall(["ok", "skipped"])).toBe("partial");
  expect(overall(["failed", "skipped"])).toBe("failed");
  expect(overall(["skipped", "skipped"])).toBe("skipped");
});

test("a prompt shows as many as fit, each in its fence, and names the rest", async () => {
  const { result } = await surveyWith({});
  const limits = { total: 6_000, each: 900 };
  const rendered = renderForPrompt(result.records, { secret: "s", call: "summary", limits });
  expect(rendered.text.length).toBeLessThanOrEqual(limits.total);
  expect(rendered.included.length).toBeGreaterThan(3);
  expect([...rendered.included, ...rendered.leftOut].sort()).toEqual(result.records.map(({ id }) => id).sort());
  for (const id of rendered.included) expect(rendered.text).toContain(`id: ${id}\n`);
});
