/** Language models as proposers, with real processes and a server that behaves like xAI. */
import { readdirSync, readFileSync } from "node:fs";
import Database from "better-sqlite3";
import { afterEach, describe, expect, test } from "vitest";
import type { RunResult } from "../../coordinator/result/result.ts";
import { answerers } from "../fakes/xai/answerers.ts";
import { type FakeXai, type FakeXaiOptions, startFakeXai } from "../fakes/xai/server.ts";
import { type Ended, Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

const KEY = "xai-this-key-must-not-be-found";
let fake: FakeXai;
afterEach(() => fake.close());

async function model(options: FakeXaiOptions = {}): Promise<NodeJS.ProcessEnv> {
  fake = await startFakeXai({ key: KEY, answerers, ...options });
  return { LLM_BASE_URL: fake.url, XAI_API_KEY: KEY };
}

/** No test may reach a real model. */
const WITHOUT = { LLM_BASE_URL: "", XAI_API_KEY: "", OPENAI_API_KEY: "", ANTHROPIC_API_KEY: "" };

function workplace(durations: { compileMs?: number; benchmarkMs?: number } = {}): Workplace {
  const place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { failEvery: 13, ...durations });
  return place;
}

const replay = (...more: string[]) => [
  ...[
    "start",
    "--backend",
    "replay",
    "--space",
    "space.json",
    "--islands",
    "2",
    "--evaluations",
    "96",
    "--seed",
    "5",
    "--json",
  ],
  ...more,
];
const asking = (...more: string[]) => replay("--llm", "grok-4.3", ...more);

function resultOf({ code, stdout, stderr }: Ended): RunResult & { llm: NonNullable<RunResult["llm"]> } {
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout.trim().split("\n").at(-1) as string);
}

interface Call {
  readonly outcome: string | null;
  readonly cost: number | null;
  readonly reserved: number;
}

const questions = () => fake.received.map(({ body }) => JSON.stringify(body));

describe("a run whose candidates come from a model too", () => {
  test("tells which they are, is repeated without key or network, and measures itself against best-of-N", async () => {
    await using place = workplace();
    const env = await model();
    const run = resultOf(await place.run("coordinator", asking("--sync"), { ...WITHOUT, ...env }));
    expect(run).toMatchObject({ status: "completed", evaluations: { total: 96 } });
    expect(run.llm.calls).toBe(fake.received.length);
    expect(run.llm.trouble).toEqual([]);
    expect(run.spend_usd).toBeCloseTo(fake.chargedUsd);
    const ledger = place.ledger();
    const proposed = ledger.query<{ id: string }>("select id from candidates where proposer = 'llm' order by id");
    expect(proposed).toHaveLength(run.llm.candidates);
    expect(proposed.length).toBeGreaterThan(8);

    const shown = await place.run("coordinator", ["lineage", "show", proposed[0]?.id as string, "--json"]);
    const details = JSON.parse(shown.stdout);
    expect(details).toMatchObject({ proposer: "llm", reason: expect.stringContaining("Changes"), parents: [/./] });
    expect(details.call).toMatchObject({ model: "grok-4.3", cost_usd: expect.any(Number) });
    expect(details.call.messages[1].content).toContain("## best");
    const read = await place.run("coordinator", ["lineage", "show", proposed[0]?.id as string]);
    expect(read.stdout).toMatch(/model +grok-4\.3, prompt "(refine|diverse)", \$0\.00/);

    // Its control makes as many calls, and tells them nothing of what was measured.
    const before = fake.received.length;
    const control = resultOf(await place.run("coordinator", asking("--sync", "--llm-control"), { ...WITHOUT, ...env }));
    const told = questions().slice(before);
    expect(told.length).toBe(before);
    for (const question of told) expect(question).toMatch(/## best \([^)]*\)\\n\\nnone/);
    expect(questions()[before - 1]).not.toMatch(/## best \([^)]*\)\\n\\nnone/);
    expect(control.llm.worth_of_evolution).toMatchObject({ evolved: { run: run.run }, control: { run: control.run } });

    await fake.close();
    const repeat = ["start", "--replay-run", run.run, "--json"];
    const again = resultOf(await place.run("coordinator", repeat, WITHOUT));
    const { n } = ledger.query<{ n: number }>("select count(*) n from candidates where run = ?", run.run)[0] as {
      n: number;
    };
    expect(again).toMatchObject({ spend_usd: 0, repeats: { run: run.run, candidates: n, same: n } });
    expect(again.llm.candidates).toBe(run.llm.candidates);
    expect(again.best).toEqual({ ...run.best, candidate: run.best?.candidate.replace(run.run, again.run) });

    // A candidate that was not recorded is noticed, and nothing is made up for it.
    const db = new Database(place.file(".kevo/lineage.db"));
    db.prepare("update candidates set genome = 'other' where run = ? and batch = 3 and answered_by is null").run(
      run.run,
    );
    db.close();
    const left = await place.run("coordinator", repeat, WITHOUT);
    expect(left.code).toBe(1);
    expect(left.stderr).toMatch(/The repetition differs from the run .* at .*\/3\/\d/);

    for (const file of readdirSync(place.file(".kevo"), { recursive: true, withFileTypes: true })) {
      if (file.isFile()) expect(readFileSync(`${file.parentPath}/${file.name}`).includes(KEY)).toBe(false);
    }
  });

  test.each([
    ["without waiting for answers", []],
    ["waiting for each", ["--sync"]],
  ])("continues %s when every call is refused, says why, and does not repeat the calls", async (_how, more) => {
    await using place = workplace({ benchmarkMs: 10 });
    const env = await model({ scenario: "bad-key" });
    const run = resultOf(await place.run("coordinator", asking("--time-scale", "1", ...more), { ...WITHOUT, ...env }));
    expect(run).toMatchObject({ status: "completed", evaluations: { total: 96 } });
    expect(run.llm).toMatchObject({
      answered: 0,
      candidates: 0,
      trouble: [expect.stringMatching(/grok-4\.3 \(bad_key\)/)],
    });
    expect(fake.received.length).toBeGreaterThan(0);
    expect(fake.received.length).toBeLessThanOrEqual(4);
    // A refusal is free. Only a call that the end of the run interrupted counts, in full: its cost is unknown.
    const calls = place
      .ledger()
      .query<Call>("select outcome, cost_usd as cost, reserved_usd as reserved from model_calls order by created_at");
    const refused = calls.filter(({ outcome }) => outcome === "bad_key");
    const cutShort = calls.filter((call) => !refused.includes(call));
    expect(new Set(refused.map(({ cost }) => cost))).toEqual(new Set([0]));
    expect(run.spend_usd).toBeCloseTo(cutShort.reduce((sum, { cost, reserved }) => sum + (cost ?? reserved), 0));
    if (more.length > 0) expect(cutShort).toEqual([]);
  });

  test("does not wait for a model that is slow", async () => {
    await using place = workplace({ benchmarkMs: 10 });
    const env = await model({ delayMs: 600_000 });
    const ended = await place.run("coordinator", asking("--time-scale", "1"), { ...WITHOUT, ...env });
    const run = resultOf(ended);
    expect(run).toMatchObject({ status: "completed", evaluations: { total: 96 } });
    expect(run.llm.candidates).toBe(0);
    expect(fake.received.length).toBeGreaterThan(0);
    // Nobody knows what these calls cost, so they count in full.
    expect(run.spend_usd).toBeGreaterThan(0);
  });

  test("never spends more than it may, though sixteen ask at once and each call costs all that it can", async () => {
    await using place = workplace({ benchmarkMs: 5 });
    const env = await model({ charge: "worst", delayMs: 50 });
    const islands = ["--islands", "16", "--devices", "0,1,2,3,4,5,6,7", "--time-scale", "1", "--search", "random"];
    const args = asking(...islands, "--evaluations", "320", "--budget-usd", "0.05");
    const run = resultOf(await place.run("coordinator", args, { ...WITHOUT, ...env }));
    expect(run.evaluations.total).toBe(320);
    expect(fake.received.length).toBeGreaterThan(0);
    expect(fake.chargedUsd).toBeLessThanOrEqual(0.05);
    expect(run.spend_usd).toBeLessThanOrEqual(0.05);
    // A call that the end of the run interrupted counts in full, charged or not; all other calls as charged.
    const calls = place
      .ledger()
      .query<Call>("select outcome, cost_usd as cost, reserved_usd as reserved from model_calls");
    const usd = (of: readonly Call[]) => of.reduce((sum, { cost, reserved }) => sum + (cost ?? reserved), 0);
    const known = usd(calls.filter(({ cost }) => cost !== null));
    expect(run.spend_usd).toBeCloseTo(usd(calls), 6);
    expect(fake.chargedUsd).toBeGreaterThan(known - 1e-6);
    expect(fake.chargedUsd).toBeLessThan(usd(calls) + 1e-6);
    expect(run.llm.trouble).toEqual([expect.stringContaining("grok-4.3 (over_budget)")]);
  });
});

describe("what cannot be is refused with a message", () => {
  test("a control without its run, and a repetition of a run without --sync", async () => {
    await using place = workplace();
    const env = await model();
    const control = await place.run("coordinator", asking("--llm-control"), { ...WITHOUT, ...env });
    expect(control).toMatchObject({ code: 2, stderr: expect.stringContaining("Start that run first") });
    const { run } = resultOf(await place.run("coordinator", replay("--search", "random"), WITHOUT));
    const repeat = await place.run("coordinator", ["start", "--replay-run", run], WITHOUT);
    expect(repeat).toMatchObject({ code: 2, stderr: expect.stringContaining("it ran without --sync") });
  });
});
