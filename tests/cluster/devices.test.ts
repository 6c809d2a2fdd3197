/** One run for several device models: every island is measured on its own, and each gets a best configuration. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Ended, Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

const BUDGET = 180;
interface Best {
  readonly candidate: string;
  readonly config: Record<string, number>;
  readonly time_ms: number;
  readonly speedup: number | null;
}

test("three recordings of one kernel: a best configuration for each device, within one budget", async () => {
  await using place = new Workplace();
  const devices = ["Alpha", "Beta", "gamma"];
  writeSyntheticSpace(place.file("alpha.json"), { device: "Alpha", bottom: 1 });
  writeSyntheticSpace(place.file("beta.json"), { device: "Beta", bottom: 2 });
  // Without a device's name its file names it.
  writeSyntheticSpace(place.file("gamma.json"), { device: "", bottom: 3 });
  const recorded = devices.map((device) =>
    JSON.parse(readFileSync(place.file(`${device.toLowerCase()}.json`), "utf8")),
  );
  const spaces = devices.flatMap((device) => ["--space", `${device.toLowerCase()}.json`]);
  const ended = await place.run("coordinator", [
    ...["start", "--backend", "replay", ...spaces, "--islands", "6"],
    ...["--evaluations", String(BUDGET), "--seed", "3", "--json"],
  ]);
  expect(ended).toMatchObject({ code: 0 });
  const result = JSON.parse(ended.stdout);
  expect(result.evaluations.total).toBe(BUDGET);
  const found = Object.entries<Best>(result.best_by_device);
  expect(found.map(([device]) => device)).toEqual(devices);
  const ledger = place.ledger();
  for (const [at, [, best]] of found.entries()) {
    const times = Object.values<{ time: number }>(recorded[at].cache).map(({ time }) => time);
    expect(best.time_ms).toBe(recorded[at].cache[Object.values(best.config).join(",")].time);
    expect(best.time_ms).toBeLessThan(1.3 * Math.min(...times));
    expect(Number(best.candidate.split("/").at(-3)) % 3).toBe(at);
  }
  // Nothing of an island was measured on another's device.
  const strayed = ledger.query<{ n: number }>(
    "select count(*) n from evaluations e join candidates c on c.id = e.candidate join islands i on i.run = c.run and i.island = c.island where json_extract(i.niche, '$.device') <> e.device_model",
  );
  expect(strayed[0]?.n).toBe(0);
  const report = await place.run("coordinator", ["lineage", "best"]);
  for (const device of devices) expect(report.stdout).toContain(device);
});

/** Alpha and Beta have the same best, Gamma another; it is found early. Arguments for a run of all three. */
function twoAlike(place: Workplace): string[] {
  writeSyntheticSpace(place.file("alpha.json"), { device: "Alpha", values: 5, bottom: 1 });
  writeSyntheticSpace(place.file("beta.json"), { device: "Beta", values: 5, bottom: 1 });
  writeSyntheticSpace(place.file("gamma.json"), { device: "Gamma", values: 5, bottom: 0 });
  const spaces = ["alpha", "beta", "gamma"].flatMap((device) => ["--space", `${device}.json`]);
  return ["start", "--backend", "replay", ...spaces, "--evaluations", "450", "--seed", "3", "--json"];
}

/** A coordinator of three islands and one worker, which holds at most this many of them, to the run's end. */
async function withOneWorker(place: Workplace, most: number): Promise<Ended> {
  const coordinator = place.start("coordinator", [...twoAlike(place), "--islands", "3", "--external-workers"]);
  // Not when the server has been recorded: it may not listen yet, and a worker that finds none ends.
  await place.began();
  place.start("island-worker", [
    "start",
    "--nats",
    `nats://127.0.0.1:${place.natsRecord().port}`,
    "--islands",
    String(most),
  ]);
  return coordinator.ended;
}

test("devices that agree on the best leave evaluations to the one that they say nothing of", async () => {
  await using place = new Workplace();
  // One worker serves all islands, so that no device is far ahead when two of them agree.
  expect(await withOneWorker(place, 3)).toMatchObject({ code: 0 });
  const last = place
    .ledger()
    .query<{ device: string }>("select device_model device from evaluations order by rowid desc limit 30");
  expect(new Set(last.map(({ device }) => device))).toEqual(new Set(["Gamma"]));
});

// Were the budget left to it, the run would take five minutes.
test("nothing is left to a device whose island no worker holds: the budget is used without it", async () => {
  await using place = new Workplace();
  expect(await withOneWorker(place, 2)).toMatchObject({ code: 0 });
  const rows = place
    .ledger()
    .query<{ device: string; n: number }>("select device_model device, count(*) n from evaluations group by 1");
  expect(rows.map(({ device }) => device).sort()).toEqual(["Alpha", "Beta"]);
  expect(rows.reduce((sum, { n }) => sum + n, 0)).toBe(450);
});

test("recordings of different kernels are refused, and so are fewer islands than devices", async () => {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("a.json"), { device: "A", values: 4 });
  writeSyntheticSpace(place.file("b.json"), { device: "B", values: 4 });
  const other = JSON.parse(readFileSync(place.file("b.json"), "utf8"));
  const { "0,0,0,0": _dropped, ...cache } = other.cache;
  writeFileSync(place.file("less.json"), JSON.stringify({ ...other, cache }));
  const start = (...args: string[]) => place.run("coordinator", ["start", "--evaluations", "8", "--json", ...args]);
  const mixed = await start("--space", "a.json", "--space", "less.json");
  expect(mixed).toMatchObject({ code: 2, stderr: expect.stringContaining("less.json: its configurations differ") });
  const few = await start("--space", "a.json", "--space", "b.json", "--islands", "1");
  expect(few).toMatchObject({ code: 2, stderr: expect.stringContaining("2 devices need --islands 2 or more") });
});
