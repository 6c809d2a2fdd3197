/**
 * What an earlier release stored is read, queried and repeated. `fixtures/lineage-0.1.0/lineage.db` was written by it:
 * a run with --sync and a model (the fake one), then one for two devices without a model, both on the spaces below.
 */
import { cpSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { expect, test, vi } from "vitest";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

vi.setConfig({ testTimeout: 300_000 });

const STORED = fileURLToPath(new URL("../fixtures/lineage-0.1.0/lineage.db", import.meta.url));
const SYNC = "20261126-bowl-6c3e";
const DEVICES = "20261126-bowl-2eb8";

/** As on the machine that wrote it, but for where the spaces lie. */
function workplace(): Workplace {
  const place = new Workplace();
  const spaces = ["a.json", "b.json"].map((name) => place.file(name));
  writeSyntheticSpace(spaces[0] as string, { values: 5, failEvery: 13, device: "A" });
  writeSyntheticSpace(spaces[1] as string, { values: 5, failEvery: 13, device: "B", bottom: 1 });
  mkdirSync(place.file(".kevo"));
  cpSync(STORED, place.file(".kevo/lineage.db"));
  const db = new Database(place.file(".kevo/lineage.db"));
  db.prepare("update runs set launch = json_set(launch, '$.spaces', json(?))").run(JSON.stringify(spaces));
  db.close();
  return place;
}

async function lineage(place: Workplace, ...args: string[]) {
  const { code, stdout, stderr } = await place.run("coordinator", ["lineage", ...args, "--json"]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

const proposersOf = (spend: { proposers: { name: string }[] }) => spend.proposers.map(({ name }) => name).sort();

test("candidates of a model are of `llm`, whatever that was called when they were stored", async () => {
  await using place = workplace();
  const ledger = place.ledger();
  const old = ledger.query<{ id: string }>("select id from candidates where proposer = 'grok' order by id");
  expect(old).toHaveLength(8);
  const spend = await lineage(place, "spend", SYNC);
  expect(proposersOf(spend)).toEqual(["llm", "seed", "surrogate"]);
  const asked = { proposer: "llm", model: "grok-4.3" };
  expect(spend.models).toMatchObject([
    { ...asked, variant: "diverse" },
    { ...asked, variant: "refine" },
  ]);
  const shown = await lineage(place, "show", old[0]?.id as string);
  expect(shown).toMatchObject({ proposer: "llm", call: { model: "grok-4.3" } });
  for (const [table, column] of [
    ["log", "entry"],
    ["runs", "result"],
    ["model_calls", "proposer"],
  ]) {
    expect(ledger.query(`select * from ${table} where ${column} like '%"grok"%' or ${column} = 'grok'`)).toEqual([]);
  }
});

test("what came from other devices or workloads is of `transfer`", async () => {
  await using place = workplace();
  const old = place.ledger().query<{ id: string }>("select id from candidates where proposer = 'kin'");
  expect(old).toHaveLength(4);
  const { proposers } = await lineage(place, "spend", DEVICES);
  expect(proposers).toContainEqual(expect.objectContaining({ name: "transfer", evaluations: 4 }));
  expect(await lineage(place, "show", old[0]?.id as string)).toMatchObject({ proposer: "transfer" });
});

test("a stored run repeats candidate for candidate", async () => {
  await using place = workplace();
  const { code, stdout, stderr } = await place.run("coordinator", ["start", "--replay-run", SYNC, "--json"]);
  expect(code, stderr).toBe(0);
  const repeated = JSON.parse(stdout.trim().split("\n").at(-1) as string);
  expect(repeated).toMatchObject({ status: "completed", repeats: { run: SYNC, candidates: 48, same: 48 } });
});
