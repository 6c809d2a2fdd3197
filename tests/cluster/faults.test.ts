/** Kill anything at any moment: the budget is met exactly, and nothing is counted twice. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type LedgerView, Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

const BUDGET = 120;
function workplace(): Workplace {
  const place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { compileMs: 10, benchmarkMs: 120, failEvery: 11 });
  return place;
}

const replay = (...more: string[]) => [
  "start",
  ...["--backend", "replay", "--space", "space.json", "--time-scale", "1", "--devices", "0,1"],
  ...["--islands", "2", "--evaluations", String(BUDGET), "--json"],
  // The proposals matter only where a run has to repeat; random ones cost least.
  ...(more.includes("--sync") ? [] : ["--search", "random"]),
  ...more,
];

function expectExact(ledger: LedgerView): void {
  expect(ledger.latest()).toMatchObject({ status: "completed", accepted: BUDGET });
  expect(ledger.count("evaluations")).toBe(BUDGET);
  expect(ledger.twiceEvaluated()).toBe(0);
}

/** Children of a process whose command line names `part`. */
function childrenOf(pid: number, part: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const parent = Number(/\) \S (\d+) /.exec(readFileSync(`/proc/${name}/stat`, "utf8"))?.[1]);
        return parent === pid && readFileSync(`/proc/${name}/cmdline`, "utf8").includes(part);
      } catch {
        return false;
      }
    })
    .map(Number);
}

describe.runIf(process.platform === "linux")("a run completes despite a kill of", () => {
  test.each([
    ["an island-worker", "island-worker/cli/main.ts"],
    ["the evaluator", "gpu-evaluator/cli/main.ts"],
  ])("%s", async (_name, part) => {
    await using place = workplace();
    const { child, ended } = place.start("coordinator", replay());
    await place.ledger().evaluated(25);
    const victims = childrenOf(child.pid as number, part);
    expect(victims).not.toEqual([]);
    for (const victim of victims) process.kill(victim, "SIGKILL");
    expect(await ended).toMatchObject({ code: 0 });
    expectExact(place.ledger());
  });

  test("nats-server, and its store is lost with it", async () => {
    await using place = workplace();
    const { ended } = place.start("coordinator", replay());
    await place.ledger().evaluated(25);
    rmSync(place.file(".kevo/nats/store"), { recursive: true });
    process.kill(place.natsRecord().pid, "SIGKILL");
    expect(await ended).toMatchObject({ code: 0 });
    expectExact(place.ledger());
  });

  test("the coordinator, whose run is then resumed; nothing of it stays behind", async () => {
    await using place = workplace();
    const { child, ended } = place.start("coordinator", replay());
    await place.ledger().evaluated(25);
    child.kill("SIGKILL");
    await ended;
    const done = place.ledger().count("evaluations");
    expect(done).toBeLessThan(BUDGET);
    const resumed = await place.run("coordinator", ["resume", "--json"]);
    expect(resumed).toMatchObject({ code: 0 });
    expect(JSON.parse(resumed.stdout).evaluations.total).toBe(BUDGET);
    expectExact(place.ledger());
    expect(() => process.kill(place.natsRecord().pid, 0)).toThrow();
  });
});

test("Ctrl-C in the middle says how to resume; resumed, the run ends at exactly the budget", async () => {
  await using place = workplace();
  const { child, ended } = place.start("coordinator", replay());
  await place.ledger().evaluated(25);
  child.kill("SIGINT");
  const first = await ended;
  expect(first.code).toBe(130);
  const { id, status } = place.ledger().latest();
  expect(status).toBe("interrupted");
  expect(first.stderr).toMatch(new RegExp(`coordinator\\S* resume ${id}`));
  expect(JSON.parse(first.stdout)).toMatchObject({ run: id, status: "interrupted", ended_by: "interrupted" });
  const second = await place.run("coordinator", ["resume", id, "--json"]);
  expect(second).toMatchObject({ code: 0 });
  expect(JSON.parse(second.stdout)).toMatchObject({ status: "completed", ended_by: "budget_spent" });
  expectExact(place.ledger());
  const third = await place.run("coordinator", ["resume", id]);
  expect(third).toMatchObject({ code: 2, stderr: expect.stringContaining("is complete") });
});

test("with --sync a run repeats genome by genome from its seed, also when it was killed and resumed", async () => {
  await using place = workplace();
  const args = replay("--sync", "--seed", "7");
  const whole = await place.run("coordinator", args);
  const genomes = place.ledger().genomes();
  const { child, ended } = place.start("coordinator", args);
  await place.ledger().evaluated(40, JSON.parse(whole.stdout).run);
  child.kill("SIGKILL");
  await ended;
  const resumed = await place.run("coordinator", ["resume", "--json"]);
  expect(place.ledger().genomes()).toEqual(genomes);
  const config = (text: string) => JSON.parse(text).best.config;
  expect(config(resumed.stdout)).toEqual(config(whole.stdout));
});

test("a second coordinator on the same database is refused while the first works", async () => {
  await using place = workplace();
  const { child, ended } = place.start("coordinator", replay("--time-scale", "50"));
  await place.ledger().evaluated(1);
  const second = await place.run("coordinator", replay());
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(`Another coordinator (process ${child.pid})`);
  child.kill("SIGINT");
  await ended;
});
