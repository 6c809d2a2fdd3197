import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import { type Builder, buildLineage } from "../../lineage/lineage-builder.fixture.ts";
import { API, ENDPOINTS, type EndpointName, pathTo } from "../contract/endpoints.ts";
import { openApp } from "./app.ts";
import { LiveFeed } from "./live-feed.ts";
import { Reader } from "./read/reader.ts";
import type { IsValid } from "./read/search-space.ts";

const TOKEN = "t".repeat(32);
const HOST = "127.0.0.1:4000";
const HOSTILE = `<script>alert(1)</script>\u202e\u001b[2J${"x".repeat(1_000_000)}`;

let lineage: Builder;
let reader: Reader;
let app: ReturnType<typeof openApp>;
let run: string;
let isValid: IsValid | null = null;
/** Of the first candidate, its child and its twin. */
const ids: string[] = [];

beforeAll(() => {
  lineage = buildLineage();
  run = lineage.run({ id: "search", status: "running" });
  lineage.event(run, "started", "the run has started");
  for (let n = 0; n < 20; n++) {
    const parents = n < 2 ? [] : [ids[n - 2] as string];
    const island = n % 2;
    const config = { tile: 8 * ((n % 4) + 1), unroll: n % 3, layout: n % 5 === 0 ? "rows" : "columns" };
    const proposer = n === 7 ? "migrant" : "mutation";
    const batch = Math.floor(n / 4);
    const id = lineage.candidate(run, {
      island,
      batch,
      config,
      parents: n === 7 ? [ids[0] as string] : parents,
      proposer,
    });
    ids.push(id);
    if (n === 3) lineage.failed(id, "compile_error", HOSTILE);
    else lineage.ok(id, { speedups: { small: 1 + ((n * 7) % 20) / 20 }, others: { numpy: 40 } });
  }
  ids.push(lineage.candidate(run, { island: 0, batch: 9, config: { tile: 8 }, answeredBy: ids[0] as string }));
  ids.push(lineage.candidate(run, { island: 1, batch: 9, config: { tile: 16 }, reason: HOSTILE }));
  lineage.called(run, {
    model: "a-model",
    reservedUsd: 0.01,
    costUsd: 0.002,
    outcome: "ok",
    island: 0,
    variant: "plain",
    promptHash: "0".repeat(64),
  });
  const other = lineage.run({ id: "other", backend: "replay" });
  lineage.ok(lineage.candidate(other), { times: { small: 3 } });
  reader = new Reader(lineage.path, "1.2.3");
  const feed = new LiveFeed(reader);
  const pages = { built: false, serve: () => new Response("page") };
  const validityIn = async () => isValid;
  const act = async () => ({ message: "done", candidate: null });
  app = openApp({ reader, feed, pages, token: TOKEN, host: "127.0.0.1", run: null, act, validityIn });
});

afterAll(() => {
  reader[Symbol.dispose]();
  lineage.remove();
});

const headers = { host: HOST, authorization: `Bearer ${TOKEN}` };
const ask = (path: string, more: Record<string, string> = {}, init: RequestInit = {}) =>
  app.request(`http://${HOST}${path}`, { ...init, headers: { ...headers, ...more } });

async function answer<N extends EndpointName>(
  name: N,
  parts = {},
  query = "",
): Promise<z.infer<(typeof ENDPOINTS)[N]["answer"]>> {
  const response = await ask(`${pathTo(ENDPOINTS[name].path, parts)}${query}`);
  const body = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(200);
  return ENDPOINTS[name].answer.parse(body) as z.infer<(typeof ENDPOINTS)[N]["answer"]>;
}

const OF_RUN = [
  "run",
  "progress",
  "failures",
  "lanes",
  "islands",
  "migrations",
  "candidates",
  "landscape",
  "cells",
  "models",
  "calls",
] as const;

describe("every answer has the form of the contract", () => {
  test.each(OF_RUN)("%s, now and as it stood", async (name) => {
    const now = await answer(name, { run });
    expect(now.about).toMatchObject({ run, version: "1.2.3", latest: 20, now: true, position: { evaluated: 20 } });
    const before = await answer(name, { run }, "?at=5");
    expect(before.about).toMatchObject({ now: false, latest: 20, position: { evaluated: 5 } });
    expect((await answer(name, { run }, "?at=0")).about.position.evaluated).toBe(0);
    // The end of a replay is the run as it stands.
    expect(await answer(name, { run }, "?at=20")).toEqual(now);
  });

  test("the others", async () => {
    expect((await answer("runs")).runs.map((one) => one.run)).toEqual(["other", "search"]);
    expect(await answer("status")).toMatchObject({ version: "1.2.3", run: null, pages: false });
    expect((await answer("research")).database).toBeNull();
    expect((await answer("compare", {}, "?run=search&run=other")).objective).toBeNull();
    await answer("slice", { run }, "?x=tile&y=unroll");
    const call = (await answer("calls", { run })).calls[0]?.call as string;
    expect((await answer("call", { run, call })).call.usd).toBe(0.002);
    const { paths } = (await (await ask(`${API}/openapi.json`)).json()) as { paths: object };
    expect(Object.keys(paths)).toContain("/runs/{run}/actions/inject");
  });
});

test("a slice shows nothing where the search space excludes a configuration, and says when it does not know", async () => {
  const unknown = await answer("slice", { run }, "?x=tile&y=unroll");
  expect(unknown.mean.flat()).not.toContain(null);
  expect(unknown.method).toContain("search space is not known");
  isValid = ({ tile, unroll }) => (tile as number) < 24 || unroll !== 2;
  const known = await answer("slice", { run }, "?x=tile&y=unroll");
  const none = known.mean.map((row) => row.map((value) => value === null));
  expect(none).toEqual([1, 2, 3].map((row) => [8, 16, 24, 32].map((tile) => tile >= 24 && row === 3)));
  expect(known.low[2]?.[3]).toBeNull();
  const [line] = (await answer("slice", { run }, "?x=tile")).mean;
  expect(line).toHaveLength(4);
});

test("the best is that of the single evaluations, and improvements lead to it", async () => {
  const { best, improvements, baselines } = await answer("progress", { run });
  expect(improvements.at(-1)?.value).toBeCloseTo(1.95);
  expect(best.value.at(-1)).toBe(improvements.at(-1)?.value);
  expect(best.evaluation.at(-1)).toBe(20);
  expect(baselines[0]).toEqual({ name: "default -O3", value: 1 });
  const { summary } = await answer("run", { run });
  expect(summary.best?.candidate).toBe(improvements.at(-1)?.candidate);
  expect(summary.best?.low).toBeLessThan(summary.best?.value as number);
});

describe("candidates", () => {
  const rows = async (query: string) => (await answer("candidates", { run }, query)).rows;

  test("failures and open ones never come first", async () => {
    for (const order of ["best", "worst", "up", "down"]) {
      const all = await rows(`?order=${order}`);
      expect(
        all
          .slice(-2)
          .map(({ status }) => status)
          .toSorted(),
      ).toEqual(["compile_error", "pending"]);
    }
  });

  test.each([
    ["tile >= 24 and value > 1.5", (row: { value: number; tile: number }) => row.tile >= 24 && row.value > 1.5],
    [
      'layout == "rows" or unroll == 2',
      (row: { layout: string; unroll: number }) => row.layout === "rows" || row.unroll === 2,
    ],
  ])("the filter %s", async (filter, holds) => {
    const { parameters, rows: all } = await answer("candidates", { run }, "?limit=1000");
    const named = (row: (typeof all)[number]) =>
      ({
        ...Object.fromEntries(parameters.map((name, at) => [name, row.config[at]])),
        value: row.measured?.value ?? 0,
      }) as never;
    const wanted = all.filter((row) => holds(named(row))).map(({ candidate }) => candidate);
    const found = await rows(`?filter=${encodeURIComponent(filter)}`);
    expect(wanted.length).toBeGreaterThan(0);
    expect(found.map(({ candidate }) => candidate)).toEqual(wanted);
  });

  test("finalists stand where the value puts them that was measured again, and that the table shows", async () => {
    const of = lineage.run({ id: "finalists" });
    const [lucky, steady, low] = [1.9, 1.5, 1.3].map((speedup, batch) => {
      const id = lineage.candidate(of, { batch, config: { tile: batch } });
      lineage.ok(id, { speedups: { small: speedup } });
      return id;
    });
    const twin = lineage.candidate(of, { batch: 9, config: { tile: 0 }, answeredBy: lucky as string });
    const listed = async (query: string) => (await answer("candidates", { run: of }, query)).rows;
    const names = async (query: string) => (await listed(query)).map(({ candidate }) => candidate);
    expect(await names("")).toEqual([lucky, twin, steady, low]);
    for (const round of [1, 2]) lineage.measured(lucky as string, { round, speedups: { small: 1.2 } });
    for (const query of ["", "?order=up", "?order=down", "?order=worst"]) {
      const values = (await listed(query)).map(({ measured }) => measured?.value as number);
      const rises = query.endsWith("up") || query.endsWith("worst");
      expect(values).toEqual(values.toSorted((a, b) => (rises ? a - b : b - a)));
    }
    expect(await names("")).toEqual([steady, low, lucky, twin]);
    expect(await names(`?filter=${encodeURIComponent("value > 1.4")}`)).toEqual([steady]);
    expect(await names(`?filter=${encodeURIComponent("value < 1.25")}`)).toEqual([lucky, twin]);
    expect(await names("?filter=remeasured")).toEqual([lucky, twin]);
    // A replay shows what the search saw.
    expect((await names("?at=2"))[0]).toBe(lucky);
  });

  test("a twin has the result of the candidate that answers it", async () => {
    const [twin] = await rows("?filter=cached");
    expect(twin).toMatchObject({ candidate: ids[20], cached: true, evaluation: null, status: "ok" });
  });

  test.each(["tile >", "nothing == 1", 'status > 3 and "a" < 2'])(
    "the filter %j is refused with a reason",
    async (filter) => {
      const response = await ask(`${API}/runs/${run}/candidates?filter=${encodeURIComponent(filter)}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { code: "invalid_filter" } });
    },
  );

  test("hostile text is text, and cut", async () => {
    const { message } = await answer("candidate", { candidate: ids[3] as string });
    expect(message).toMatchObject({ length: HOSTILE.length, cut: true });
    expect(message?.text.startsWith("<script>")).toBe(true);
    expect(message?.text.length).toBeLessThan(100_000);
  });

  test("ancestry has both ends of each change", async () => {
    const { nodes, edges, total } = await answer("ancestry", { candidate: ids[10] as string });
    expect(total).toBe(5);
    expect(nodes[0]).toMatchObject({ candidate: ids[10], depth: 0 });
    expect(edges.find(({ child }) => child === ids[10])?.changes).toContainEqual({
      parameter: "unroll",
      from: 2,
      to: 1,
    });
  });
});

test("migrations lead from island to island", async () => {
  const { migrations, total } = await answer("migrations", { run });
  expect(total).toBe(1);
  expect(migrations[0]).toMatchObject({ candidate: ids[7], origin: ids[0], from: 0, to: 1 });
  const { edges } = await answer("islands", { run });
  expect(edges).toContainEqual({ from: 0, to: 1, migrations: 1 });
});

describe("who may ask", () => {
  const path = `${API}/runs`;
  const codeOf = async (response: Response) => ((await response.json()) as { error: { code: string } }).error.code;

  test.each([
    ["without a token", { authorization: "" }, "unauthorized"],
    ["with another token", { authorization: `Bearer ${"u".repeat(32)}` }, "unauthorized"],
    ["under another host's name", { host: "evil.example:4000" }, "wrong_host"],
    ["from another origin", { origin: "http://evil.example" }, "wrong_origin"],
    ["from another port of this host", { origin: "http://127.0.0.1:9999" }, "wrong_origin"],
    ["as a request of another site", { "sec-fetch-site": "cross-site" }, "wrong_origin"],
  ])("nobody %s", async (_, more, code) => {
    for (const method of ["GET", "POST"]) {
      expect(await codeOf(await ask(path, more, { method }))).toBe(code);
      expect(await codeOf(await ask(`${API}/runs/${run}/actions/stop`, more, { method: "POST", body: "{}" }))).toBe(
        code,
      );
    }
  });

  test("the page of this server does", async () => {
    expect((await ask(path, { origin: `http://${HOST}`, "sec-fetch-site": "same-origin" })).status).toBe(200);
    expect((await ask(path, { host: "localhost:4000" })).status).toBe(200);
  });

  test("no answer may be read by, or shown in, another page", async () => {
    const response = await ask("/");
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(response.headers.get("content-security-policy")).not.toContain("unsafe");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  });

  test("nothing is done to a run that no coordinator works on, and no form can do anything", async () => {
    const post = { method: "POST", body: "{}" };
    const stop = `${API}/runs/${run}/actions/stop`;
    expect(await codeOf(await ask(stop, { "content-type": "text/plain", "content-length": "2" }, post))).toBe(
      "invalid",
    );
    expect(await codeOf(await ask(stop, { "content-type": "application/json", "content-length": "2" }, post))).toBe(
      "refused",
    );
  });
});

test.each(["/runs/none", "/candidates/none", "/nothing", `/runs/search/calls/none`])(
  "%s is not found",
  async (path) => {
    expect((await ask(API + path)).status).toBe(404);
  },
);
