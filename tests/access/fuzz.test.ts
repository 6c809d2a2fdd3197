import { readFileSync } from "node:fs";
import { evaluatorAccess } from "@kevo/core/evaluator-access/client.ts";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";
import { fuzz } from "./fuzz.ts";

/** `npm run test:fuzz` sends a hundred thousand. */
const COUNT = Number(process.env.KEVO_FUZZ ?? 3_000);
const SEED = 20_261_126;
const MAX_GROWTH_MB = 50;

/** As the operating system counts it, with garbage that is not collected yet. */
function residentMb(pid: number | undefined): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}

test(`${COUNT} wrong messages and requests: nothing crashes, memory stays, the run continues`, async () => {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { benchmarkMs: 20, values: 11 });
  const serving = ["start", "--backend", "replay", "--space", "space.json", "--time-scale", "1", "--json"];
  const daemon = place.start("gpu-evaluator", serving);
  const { listening } = JSON.parse(await daemon.firstLine) as { listening: string };
  const args = [
    "start",
    "--backend",
    "replay",
    "--space",
    "space.json",
    "--search",
    "random",
    "--islands",
    "2",
    "--json",
  ];
  const run = place.start("coordinator", [...args, "--evaluator", listening, "--evaluations", "1000000"]);
  await place.ledger().evaluated(20);
  const access = evaluatorAccess(listening, undefined);
  if (access === null) throw new Error("the evaluator's secret is not there");
  const nats = `nats://127.0.0.1:${place.natsRecord().port}`;
  const target = { nats, run: place.ledger().latest().id, evaluator: listening, access };
  const programs = { evaluator: daemon.child.pid, coordinator: run.child.pid, "nats-server": place.natsRecord().pid };
  const measure = () => Object.entries(programs).map(([name, pid]) => [name, residentMb(pid)] as const);
  const before = measure();
  const evaluated = place.ledger().count("evaluations");
  expect(await fuzz(target, COUNT, SEED)).toBe(COUNT);
  const after = new Map(measure());
  await place.ledger().evaluated(evaluated + 20);
  for (const [name, mb] of before) {
    const then = after.get(name) ?? Number.POSITIVE_INFINITY;
    console.log(`${name}: ${mb.toFixed(0)} MB resident before ${COUNT} messages, ${then.toFixed(0)} MB after`);
    expect(then - mb, name).toBeLessThan(MAX_GROWTH_MB);
  }
  run.child.kill("SIGINT");
  expect((await run.ended).stderr).not.toMatch(/stalled|nothing has happened/);
  daemon.child.kill("SIGTERM");
  expect((await daemon.ended).code).toBe(0);
});
