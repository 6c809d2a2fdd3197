/** Evaluators that come and go: a floor, a ceiling with a reserve, a drain within its grace, and an exact ledger afterwards. */

import type { FleetFigures } from "@kevo/coordinator/fleet/figures.ts";
import { viewReply } from "@kevo/coordinator/snapshot/messages.ts";
import type { Bus } from "@kevo/core/bus/bus.ts";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { expect, test } from "vitest";
import { type Program, Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

/** Enough for a busy machine: the run must not end before all have come and left. */
const BUDGET = 48;

/** Asks the coordinator until it holds. */
async function until(bus: Bus, run: string, holds: (fleet: FleetFigures) => boolean): Promise<FleetFigures> {
  for (;;) {
    const { snapshot } = await bus.request(subjects.view(run), { v: WIRE_VERSION }, viewReply, 30_000);
    if (snapshot.fleet !== null && holds(snapshot.fleet)) return snapshot.fleet;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function evaluator(place: Workplace, ...more: string[]): Program {
  const { port } = place.natsRecord();
  const replay = ["--backend", "replay", "--space", "space.json", "--time-scale", "1"];
  return place.start("gpu-evaluator", ["start", ...replay, "--nats", `nats://127.0.0.1:${port}`, ...more]);
}

test("a fleet between its bounds loses nothing, and tells an autoscaler how it stands", async () => {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { compileMs: 0, benchmarkMs: 1_200 });
  const bounds = ["--external-evaluators", "--min-evaluators", "2", "--max-evaluators", "2"];
  const run = place.start("coordinator", [
    ...["start", "--space", "space.json", "--time-scale", "1", "--islands", "2", "--search", "random"],
    ...["--evaluations", String(BUDGET), "--json", "--no-dashboard", ...bounds],
  ]);
  await place.began();
  const { id } = place.ledger().latest();
  const url = `nats://127.0.0.1:${place.natsRecord().port}`;
  await using stack = new AsyncDisposableStack();
  const bus = await connectBus({ url, role: "operator", name: "test" });
  stack.defer(() => bus.close());
  // A minute for each candidate: one that is in a lane when it is told to end is not finished within the grace.
  const first = evaluator(place, "--grace", "1", "--time-scale", "50");
  await first.firstLine;
  const below = await until(bus, id, ({ evaluators }) => evaluators.serving === 1);
  const told = await place.run("coordinator", ["status", "--json"]);
  expect(JSON.parse(told.stdout)).toMatchObject({ run: id, status: "running", fleet: { floor: 2, below_floor: true } });
  expect(below).toMatchObject({ below_floor: true, evaluations_left: BUDGET, candidates_in_flight: 0, floor: 2 });
  const others = [evaluator(place, "--devices", "0,1,2,3,4,5,6,7"), evaluator(place, "--devices", "0,1,2,3,4,5,6,7")];
  const full = await until(
    bus,
    id,
    ({ evaluators, candidates_in_flight: inFlight }) => evaluators.reserve === 1 && inFlight > 0,
  );
  expect(full).toMatchObject({ below_floor: false, ceiling: 2, evaluators_wanted: 2, evaluators: { serving: 2 } });
  const [slow] = place.ledger().query<{ id: string }>("select id from evaluators order by first_seen limit 1");
  const begun = "select count(*) n from attempts where evaluator = ?";
  await expect
    .poll(() => place.ledger().query<{ n: number }>(begun, slow?.id)[0]?.n, { interval: 50 })
    .toBeGreaterThan(0);
  first.child.kill("SIGTERM");
  expect(await first.ended).toMatchObject({ code: 0 });
  // The reserve has taken its place; then too few are left, until another comes.
  await until(bus, id, ({ evaluators }) => evaluators.serving === 2 && evaluators.reserve === 0);
  others[0]?.child.kill("SIGKILL");
  await until(bus, id, ({ below_floor: isBelow }) => isBelow);
  const late = evaluator(place, "--devices", "0,1,2,3,4,5,6,7");
  const { code, stderr } = await run.ended;
  expect(code, stderr).toBe(0);
  const ledger = place.ledger();
  const events = ledger.query<{ message: string }>("select message from events").map(({ message }) => message);
  expect(events).toContainEqual(
    expect.stringContaining("reserve, because 2 serve, as many as --max-evaluators allows"),
  );
  expect(events).toContain("the run waits: 1 of the 2 evaluators that --min-evaluators requires serves");
  expect(ledger.latest()).toMatchObject({ status: "completed", accepted: BUDGET });
  expect(ledger.count("evaluations")).toBe(BUDGET);
  expect(ledger.twiceEvaluated()).toBe(0);
  // What the drained one had went to others, and is blamed on nobody.
  const ends = ledger.query<{ end: string }>("select end from attempts where evaluator = ?", slow?.id);
  expect(ends.length).toBeGreaterThan(0);
  for (const { end } of ends) expect(["refused", "evaluator_lost"]).toContain(end);
  expect(ledger.query("select 1 from evaluations where outcome = 'crashed'")).toEqual([]);
  late.child.kill("SIGKILL");
});
