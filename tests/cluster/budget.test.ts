/** Dollars with everything real but the provider, which charges all that each request allows. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { configurations } from "../fakes/xai/configurations.ts";
import { type FakeXai, startFakeXai } from "../fakes/xai/server.ts";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

const KEY = "xai-budget-test-key";
/** Two sessions of a run, each several processes that start and end. */
let fake: FakeXai;
beforeEach(async () => {
  fake = await startFakeXai({ key: KEY, charge: "worst", answerers: [configurations] });
});
afterEach(() => fake.close());

function replay(budgetUsd: number): string[] {
  return [
    "start",
    ...["--backend", "replay", "--space", "space.json", "--time-scale", "1", "--devices", "0,1"],
    ...["--islands", "4", "--evaluations", "60", "--seed", "3", "--json"],
    ...["--llm", "grok-4.3", "--budget-usd", String(budgetUsd)],
  ];
}

interface Call {
  readonly reserved_usd: number;
  readonly cost_usd: number | null;
  readonly outcome: string | null;
}

test("a coordinator that is killed with a pending call has not forgotten it when the run is resumed", async () => {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { compileMs: 10, benchmarkMs: 30, failEvery: 11 });
  const environment = { LLM_BASE_URL: fake.url, XAI_API_KEY: KEY };
  const budgetUsd = 0.12;
  // Long enough to be killed in the middle; charged all the same once it is over.
  fake.script("slow:6000,ok");
  const { child, ended } = place.start("coordinator", replay(budgetUsd), environment);
  await expect.poll(() => fake.received.length, { interval: 20 }).toBeGreaterThan(0);
  child.kill("SIGKILL");
  await ended;
  const resumed = await place.run("coordinator", ["resume", "--json"], environment);
  expect(resumed).toMatchObject({ code: 0 });
  await expect.poll(() => fake.chargedUsd).toBeGreaterThan(0);
  const calls = place.ledger().query<Call>("select reserved_usd, cost_usd, outcome from model_calls");
  const lost = calls.filter(({ outcome }) => outcome === null);
  expect(lost.length).toBeGreaterThan(0);
  expect(lost.every(({ cost_usd }) => cost_usd === null)).toBe(true);
  const committed = calls.reduce((sum, { cost_usd, reserved_usd }) => sum + (cost_usd ?? reserved_usd), 0);
  expect(JSON.parse(resumed.stdout).spend_usd).toBeCloseTo(committed, 10);
  expect(fake.chargedUsd).toBeLessThanOrEqual(committed);
  expect(committed).toBeLessThanOrEqual(budgetUsd);
  expect(resumed.stderr + resumed.stdout).not.toContain(KEY);
});
