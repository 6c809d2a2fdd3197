/** A run's server over HTTP: live events, actions, and the death of the coordinator, without a browser. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { actionAnswer } from "../../coordinator/dashboard/contract/actions.ts";
import { ENDPOINTS, pathTo, STREAMS } from "../../coordinator/dashboard/contract/endpoints.ts";
import { eventId, type LiveChange, liveChange } from "../../coordinator/dashboard/contract/live.ts";
import { type Program, Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

let place: Workplace;
let coordinator: Program;
let origin: string;
let token: string;
let run: string;

function printed({ child, ended }: Program): Promise<URL> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stderr?.on("data", (piece: Buffer) => {
      text += piece.toString();
      const [, address] = /^Dashboard: (\S+)$/m.exec(text) ?? [];
      if (address !== undefined) resolve(new URL(address));
    });
    void ended.then(({ stderr }) => reject(new Error(stderr)));
  });
}

const headers = () => ({ authorization: `Bearer ${token}`, "content-type": "application/json" });

async function act(action: string, body: object = {}, at = origin) {
  const path = pathTo(`/runs/:run/actions/${action}`, { run });
  const response = await fetch(at + path, { method: "POST", headers: headers(), body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function get(path: string) {
  const response = await fetch(`${origin}${path}`, { headers: headers() });
  expect(response.status).toBe(200);
  return await response.json();
}

const now = async () => ENDPOINTS.run.answer.parse(await get(pathTo(ENDPOINTS.run.path, { run })));

/** Reads changes until one of them is enough, from after an event's id. */
async function changes(after: string | null, isEnough: (seen: readonly LiveChange[]) => boolean) {
  const stop = new AbortController();
  const last: Record<string, string> = after === null ? {} : { "last-event-id": after };
  const response = await fetch(origin + pathTo(STREAMS.runEvents.path, { run }), {
    headers: { ...headers(), ...last },
    signal: stop.signal,
  });
  const seen: LiveChange[] = [];
  const ids: string[] = [];
  let text = "";
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const [, data] = /^data: ?(.*)$/m.exec(block) ?? [];
      const [, id] = /^id: ?(.*)$/m.exec(block) ?? [];
      if (data === undefined || id === undefined) continue;
      seen.push(liveChange.parse(JSON.parse(data)));
      ids.push(id);
    }
    if (isEnough(seen)) break;
  }
  stop.abort();
  return { seen, last: ids.at(-1) as string };
}

const rowsIn = (table: "log" | "migrations"): number =>
  (place.ledger().query<{ n: number }>(`select count(*) as n from ${table}`)[0] as { n: number }).n;

const entriesOf = (seen: readonly LiveChange[]) => seen.flatMap(({ entries }) => entries);

beforeAll(async () => {
  place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { benchmarkMs: 80, failEvery: 9 });
  coordinator = place.start("coordinator", [
    ...["start", "--space", "space.json", "--time-scale", "1", "--islands", "2", "--evaluations", "1000"],
    // No island migrates but when it is told to.
    ...["--migrate-every", "100000", "--migrants", "1"],
  ]);
  const url = await printed(coordinator);
  origin = url.origin;
  token = url.hash.slice("#token=".length);
  run = (place.ledger().query<{ id: string }>("select id from runs")[0] as { id: string }).id;
});
afterAll(async () => await place[Symbol.asyncDispose]());

test("a listener that comes back is told of each entry of the logs once", async () => {
  const first = await changes(null, (seen) => entriesOf(seen).length > 5);
  const before = rowsIn("log");
  await expect.poll(() => rowsIn("log")).toBeGreaterThan(before + 10);
  const second = await changes(first.last, (seen) => entriesOf(seen).length > 10);
  expect(second.seen[0]?.reload).toBe(false);
  const told = entriesOf([...first.seen, ...second.seen]);
  const start = first.seen[0]?.about.position.logs as number[];
  for (const island of [0, 1]) {
    const numbers = told.filter((entry) => entry.island === island).map(({ n }) => n);
    expect(numbers).toEqual(numbers.map((_, at) => (start[island] as number) + 1 + at));
  }
  expect(second.last).toBe(eventId(second.seen.at(-1)?.about.position.logs as number[]));
});

test("a pause stops the search, and lets it go on", async () => {
  // Later tests need an elite of each island.
  const succeeded =
    "select distinct c.island from candidates c join evaluations e on e.candidate = c.id where outcome = 'ok'";
  await expect.poll(() => place.ledger().query(succeeded).length).toBe(2);
  expect(await act("pause", { by: "a person" })).toMatchObject({ status: 200, body: { done: true } });
  await expect.poll(async () => (await now()).outstanding).toBe(0);
  expect(await now()).toMatchObject({ phase: "paused", paused: true });
  const accepted = place.ledger().count("candidates");
  // Nothing is accepted while it lasts, which the next action shows, for it comes after all that was on its way.
  expect((await act("pause")).body).toMatchObject({ error: { code: "refused" } });
  expect(place.ledger().count("candidates")).toBe(accepted);
});

test("an injected configuration is a candidate of its own, counted once", async () => {
  const { rows, parameters } = ENDPOINTS.candidates.answer.parse(
    await get(`${pathTo(ENDPOINTS.candidates.path, { run })}?limit=1000`),
  );
  const tried = new Set(rows.map(({ config }) => JSON.stringify(config)));
  const values = parameters.map((_, at) => [...new Set(rows.map(({ config }) => config[at]))]);
  const combinations = values.reduce<unknown[][]>(
    (all, own) => all.flatMap((known) => own.map((value) => [...known, value])),
    [[]],
  );
  const fresh = combinations.find((config) => !tried.has(JSON.stringify(config))) as unknown[];
  const config = Object.fromEntries(parameters.map((name, at) => [name, fresh[at]]));
  const before = place.ledger().count("evaluations");
  const { body } = await act("inject", { config, island: 1 });
  const { candidate } = actionAnswer.parse(body);
  await expect.poll(() => place.ledger().count("evaluations")).toBe(before + 1);
  const [stored] = place.ledger().query<{ id: string }>("select id from candidates where proposer = 'injected'");
  expect(stored?.id).toBe(candidate);
  const repeated = actionAnswer.parse((await act("inject", { config, island: 1 })).body);
  expect(repeated.message).toContain("was evaluated before");
  expect(place.ledger().count("evaluations")).toBe(before + 1);
  for (const wrong of [{ nothing: 1 }, { ...config, [parameters[0] as string]: "none" }]) {
    expect((await act("inject", { config: wrong, island: 1 })).body).toMatchObject({ error: { code: "refused" } });
  }
});

test("the run goes on, its islands migrate, and its budget is another one", async () => {
  expect((await act("resume")).status).toBe(200);
  await expect.poll(async () => (await now()).paused).toBe(false);
  expect(rowsIn("migrations")).toBe(0);
  expect((await act("migrate")).status).toBe(200);
  await expect.poll(() => rowsIn("migrations")).toBeGreaterThan(0);
  expect((await act("budget", { evaluations: 1 })).body).toMatchObject({ error: { code: "refused" } });
  expect((await act("budget", { evaluations: 900 })).status).toBe(200);
  expect((await now()).summary.budget.evaluations.limit).toBe(900);
  const [{ evaluator }] = (await now()).about.live
    ? (place.ledger().query<{ evaluator: string }>("select id as evaluator from evaluators") as [{ evaluator: string }])
    : [{ evaluator: "" }];
  expect((await act("drain", { evaluator })).body).toMatchObject({ error: { code: "refused" } });
});

test("each action that was done is an event that says who did it", async () => {
  const events = place.ledger().query<{ data: string }>("select data from events where kind = 'action' order by id");
  const done = events.map(({ data }) => JSON.parse(data) as { action: string; by: string });
  expect(done.map(({ action }) => action)).toEqual(["pause", "inject", "inject", "resume", "migrate", "budget"]);
  expect(done[0]?.by).toBe("a person");
  expect(done[1]?.by).not.toBe("");
});

test("another process shows the run, and acts on it through its NATS server", async () => {
  const other = place.start("coordinator", ["dashboard", "--listen", "127.0.0.1:0"]);
  const url = await printed(other);
  expect(url.hash).toBe(`#token=${token}`);
  expect((await act("pause", {}, url.origin)).status).toBe(200);
  expect((await now()).paused).toBe(true);
  expect((await act("resume", {}, url.origin)).status).toBe(200);
  other.child.kill("SIGINT");
  expect((await other.ended).code).toBe(0);
});

test("after its death the coordinator serves on the same address, with the numbers of the database", async () => {
  expect((await act("pause", { by: "a person" })).status).toBe(200);
  coordinator.child.kill("SIGKILL");
  await coordinator.ended;
  await expect(fetch(origin)).rejects.toThrow();
  coordinator = place.start("coordinator", ["resume"]);
  expect((await printed(coordinator)).origin).toBe(origin);
  await expect.poll(async () => (await now()).about.live).toBe(true);
  // Whoever starts it again ends the pause, which is stored as what they did.
  await expect.poll(async () => (await now()).paused).toBe(false);
  const last = "select message from events where kind = 'action' order by id desc limit 1";
  await expect
    .poll(() => place.ledger().query<{ message: string }>(last)[0]?.message)
    .toMatch(/: The run goes on: a person had paused it/);
  expect((await act("stop")).status).toBe(200);
  const { code, stderr } = await coordinator.ended;
  expect(code).toBe(0);
  expect(stderr).toContain("The run goes on: a person had paused it before its coordinator ended.");
  const server = place.start("coordinator", ["dashboard", "--json"]);
  origin = new URL((JSON.parse(await server.firstLine) as { dashboard: string }).dashboard).origin;
  const { summary, about } = await now();
  expect(summary.status).toBe("stopped");
  expect(about.position.evaluated).toBe(place.ledger().count("evaluations"));
  expect((await act("resume")).body).toMatchObject({ error: { code: "refused" } });
});
