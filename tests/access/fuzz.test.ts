import { evaluatorAccess } from "@kevo/core/evaluator-access/client.ts";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";
import { fuzz } from "./fuzz.ts";
import { INSPECTED, retainedMb } from "./retained-memory.ts";

/** `npm run test:fuzz` sends a hundred thousand. */
const COUNT = Number(process.env.KEVO_FUZZ ?? 3_000);
const SEED = 20_261_126;
const MAX_GROWTH_MB = 50;

test(`${COUNT} wrong messages and requests: nothing crashes, memory stays, the run continues`, async () => {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { benchmarkMs: 20 });
  const serving = ["start", "--backend", "replay", "--space", "space.json", "--time-scale", "1", "--json"];
  const daemon = place.start("gpu-evaluator", serving, INSPECTED);
  const daemonMb = retainedMb(daemon.child);
  const { listening } = JSON.parse(await daemon.firstLine) as { listening: string };
  const args = ["start", "--backend", "replay", "--space", "space.json", "--search", "random", "--json"];
  const run = place.start("coordinator", [...args, "--evaluator", listening, "--evaluations", "1000000"], INSPECTED);
  const programs = [daemonMb, retainedMb(run.child)];
  await place.ledger().evaluated(20);
  const access = evaluatorAccess(listening, undefined);
  if (access === null) throw new Error("the evaluator's secret is not there");
  const nats = `nats://127.0.0.1:${place.natsRecord().port}`;
  const target = { nats, run: place.ledger().latest().id, evaluator: listening, access };
  // Anything that a kind of message allocates once exists before memory is measured.
  await fuzz(target, Math.min(1_000, COUNT), SEED);
  const measure = () => Promise.all(programs.map((program) => program()));
  const before = await measure();
  const evaluated = place.ledger().count("evaluations");
  expect(await fuzz(target, COUNT, SEED + 1)).toBe(COUNT);
  const grown = (await measure()).map((after, at) => after - (before[at] as number));
  await place.ledger().evaluated(evaluated + 20);
  for (const growth of grown) expect(growth).toBeLessThan(MAX_GROWTH_MB);
  run.child.kill("SIGINT");
  expect((await run.ended).stderr).not.toMatch(/stalled|nothing has happened/);
  daemon.child.kill("SIGTERM");
  expect((await daemon.ended).code).toBe(0);
});
