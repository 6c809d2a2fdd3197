/** Several evaluators: found by announcement, sharing the work, leaving without loss. */
import { EvaluatorLink } from "@kevo/coordinator/dispatch/evaluator-link.ts";
import { evaluatorAccess } from "@kevo/core/evaluator-access/client.ts";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

const BUDGET = 240;
/** Takes about half a second on an idle machine, and longer on a busy one, as the coordinator does. */
const QUESTIONS = 200;
function workplace(): Workplace {
  const place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { compileMs: 10, benchmarkMs: 40 });
  return place;
}

const replay = ["--backend", "replay", "--space", "space.json", "--time-scale", "1"];
// The proposals do not matter here; random ones cost least.
const run = ["start", ...replay, "--search", "random", "--islands", "2", "--evaluations", String(BUDGET), "--json"];

test("two evaluators on two ports share the work, each at least 30 %", async () => {
  await using place = workplace();
  const daemons = [0, 1].map(() => place.start("gpu-evaluator", ["start", ...replay, "--json"]));
  const addresses = await Promise.all(daemons.map(async ({ firstLine }) => JSON.parse(await firstLine).listening));
  const ended = await place.run("coordinator", [...run, ...addresses.flatMap((a) => ["--evaluator", a])]);
  expect(ended).toMatchObject({ code: 0 });
  expect(place.ledger().count("evaluations")).toBe(BUDGET);
  const shares = place.ledger().shares();
  expect(shares).toHaveLength(2);
  expect(shares[1]).toBeGreaterThanOrEqual(0.3 * BUDGET);
});

test.each(["SIGTERM", "SIGKILL"] as const)("stopping one of two in the middle (%s) loses nothing", async (signal) => {
  await using place = workplace();
  const daemons = [0, 1].map(() => place.start("gpu-evaluator", ["start", ...replay, "--json"]));
  const addresses = await Promise.all(daemons.map(async ({ firstLine }) => JSON.parse(await firstLine).listening));
  const { ended } = place.start("coordinator", [...run, ...addresses.flatMap((a) => ["--evaluator", a])]);
  await place.ledger().evaluated(60);
  daemons[1]?.child.kill(signal);
  expect(await ended).toMatchObject({ code: 0 });
  expect(place.ledger().latest()).toMatchObject({ status: "completed", accepted: BUDGET });
  expect(place.ledger().count("evaluations")).toBe(BUDGET);
  expect(place.ledger().twiceEvaluated()).toBe(0);
  expect(place.ledger().shares()).toHaveLength(2);
});

test("one that is started later announces itself and takes work at once", async () => {
  await using place = workplace();
  // More than there is time for, so that it never comes too late.
  const { child, ended } = place.start("coordinator", [...run, "--evaluations", "4000"]);
  await place.ledger().evaluated(20);
  const { port } = place.natsRecord();
  const late = place.start("gpu-evaluator", ["start", ...replay, "--nats", `nats://127.0.0.1:${port}`, "--json"]);
  const { id, listening } = JSON.parse(await late.firstLine);
  const ledger = place.ledger();
  const isKnownBy = await timeOfQuestions(listening, ledger.latest().id);
  const own = "select min(started_at) n from attempts where evaluator = ?";
  await expect.poll(() => ledger.query<{ n: number }>(own, id)[0]?.n, { interval: 50 }).toBeGreaterThan(0);
  child.kill("SIGINT");
  await ended;

  // The coordinator knows it before a client that began at the announcement has asked it so often: both are slow together.
  const [known] = ledger.query<{ first_seen: number }>("select first_seen from evaluators where id = ?", id);
  expect(known?.first_seen).toBeLessThan(isKnownBy);
  // From then on it has the fewest candidates for its credits, so the next one is its own; only candidates that meet
  // both evaluators idle may go to the other, which takes no more than its credits at a time.
  const [other] = ledger.query<{ description: string }>("select description from evaluators where id <> ?", id);
  const others = `select count(*) n from attempts where evaluator <> ? and started_at > ?
    and rowid < (select min(rowid) from attempts where evaluator = ?)`;
  const [between] = ledger.query<{ n: number }>(others, id, known?.first_seen, id);
  expect(between?.n).toBeLessThanOrEqual(JSON.parse(other?.description as string).credits);
});

/** Asks a daemon to describe itself again and again, each time after the answer or its time is over. Resolves with the end. */
async function timeOfQuestions(address: string, runId: string): Promise<number> {
  const link = new EvaluatorLink(address, () => evaluatorAccess(address, undefined));
  for (let asked = 0; asked < QUESTIONS; asked++) await link.describe(runId).catch(() => {});
  link.close();
  return Date.now();
}

test("two coordinators on one evaluator: the first one leaves the second its half", async () => {
  await using first = workplace();
  await using second = workplace();
  const daemon = first.start("gpu-evaluator", ["start", ...replay, "--json"]);
  const { listening } = JSON.parse(await daemon.firstLine);
  const start = (place: Workplace, evaluations: number) =>
    place.start("coordinator", [...run, "--evaluations", String(evaluations), "--evaluator", listening]);
  // Far more than it can have by the time the second one has all its results.
  start(first, 4_000);
  await first.ledger().evaluated(40);
  expect((await start(second, 100).ended).code).toBe(0);
  const ends = (place: Workplace) =>
    place
      .ledger()
      .query<{ at: number }>("select ended_at at from attempts where end = 'result' order by 1")
      .map(({ at }) => at);
  const late = ends(second).slice(10, 90);
  const [from, to] = [late[0] as number, late.at(-1) as number];
  const early = ends(first).filter((at) => at >= from && at <= to);
  expect(early.length / (early.length + late.length)).toBeGreaterThan(0.4);
  expect(early.length / (early.length + late.length)).toBeLessThan(0.6);
});
