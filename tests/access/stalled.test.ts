/** A run in which nothing happens says so, and why; it continues once the cause is over. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type LedgerView, Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

/** Process ids of a program that runs below this one. */
function processesOf(program: string, parent: number | undefined): number[] {
  return readdirSync("/proc").flatMap((pid) => {
    try {
      const [, ppid] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
      const isProgram = readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(program);
      return isProgram && Number(ppid) === parent ? [Number(pid)] : [];
    } catch {
      return [];
    }
  });
}

const stalls = (ledger: LedgerView) =>
  ledger.query<{ message: string }>("select message from events where kind = 'stalled'").map(({ message }) => message);

test.each<[string, string, RegExp]>([
  ["its worker", "island-worker", /^nothing has happened for \d+ s: no island-worker has leased an island/],
  ["its evaluator", "gpu-evaluator", /^nothing has happened for \d+ s: the run waits for evaluators \(.*\)/],
  [
    "its NATS server",
    "nats-server",
    /^nothing has happened for \d+ s: (the NATS server does not answer|the logs cannot be published)/,
  ],
])("%s hangs", async (_what, program, why) => {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { benchmarkMs: 50, values: 11 });
  const args = [
    "start",
    "--backend",
    "replay",
    "--space",
    "space.json",
    "--time-scale",
    "1",
    "--search",
    "random",
    "--islands",
    "2",
  ];
  const run = place.start("coordinator", [...args, "--evaluations", "100000"]);
  await place.ledger().evaluated(5);
  const hanging = program === "nats-server" ? [place.natsRecord().pid] : processesOf(`/${program}/`, run.child.pid);
  expect(hanging).not.toEqual([]);
  for (const pid of hanging) process.kill(pid, "SIGSTOP");
  try {
    await expect.poll(() => stalls(place.ledger()), { timeout: 300_000, interval: 100 }).not.toEqual([]);
  } finally {
    for (const pid of hanging) process.kill(pid, "SIGCONT");
  }
  expect(stalls(place.ledger())[0]).toMatch(why);
  const evaluated = place.ledger().count("evaluations");
  await place.ledger().evaluated(evaluated + 5);
  run.child.kill("SIGINT");
  expect((await run.ended).stderr).toContain(stalls(place.ledger())[0]);
});
