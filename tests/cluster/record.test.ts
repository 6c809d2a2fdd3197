/** Recording a space: everything once, however often it is cut off, and what comes out replays. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

const CPU_KERNEL = fileURLToPath(new URL("../fixtures/vector-scale-cpu", import.meta.url));
const CONFIGURATIONS = 3 ** 4;
const RECORD = ["record", "--space", "space.json", "--time-scale", "1", "--devices", "0,1", "--out", "copy.json.gz"];

function workplace(): Workplace {
  const place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { values: 3, failEvery: 9, benchmarkMs: 150 });
  return place;
}

interface Cell {
  readonly time: number | string;
  readonly times: number[];
  readonly outcome?: string;
}

function recording(path: string) {
  const bytes = readFileSync(path);
  return JSON.parse((path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8")) as {
    metadata: { complete: boolean; configurations: number };
    tune_params: Record<string, unknown[]>;
    cache: Record<string, Cell>;
  };
}

const timesOf = (path: string) =>
  Object.fromEntries(
    Object.entries(recording(path).cache).map(([key, { time }]) => [
      key,
      typeof time === "number" ? Number(time.toPrecision(6)) : time,
    ]),
  );

test("killed in the middle and begun again: every configuration once, and the copy equals what it copied", async () => {
  await using place = workplace();
  const { child, ended } = place.start("coordinator", RECORD);
  await place.ledger().evaluated(20);
  child.kill("SIGKILL");
  await ended;
  expect(existsSync(place.file("copy.json.gz"))).toBe(false);
  const done = place.ledger().count("evaluations");
  expect(done).toBeLessThan(CONFIGURATIONS);
  const again = await place.run("coordinator", [...RECORD, "--json"]);
  expect(again).toMatchObject({ code: 0 });
  expect(JSON.parse(again.stdout).recording).toMatchObject({ configurations: CONFIGURATIONS, complete: true });
  const ledger = place.ledger();
  expect(ledger.query("select id from runs")).toHaveLength(1);
  expect(ledger.count("candidates")).toBe(CONFIGURATIONS);
  expect(ledger.count("evaluations")).toBe(CONFIGURATIONS);
  expect(new Set(ledger.genomes()).size).toBe(CONFIGURATIONS);
  expect(timesOf(place.file("copy.json.gz"))).toEqual(timesOf(place.file("space.json")));
  // A recording says nothing of errors: unknown is not a perfect 0.
  expect(ledger.query("select distinct error from measurements")).toEqual([{ error: null }]);
  // Finished work is not overwritten.
  const third = await place.run("coordinator", RECORD);
  expect(third).toMatchObject({ code: 2, stderr: expect.stringContaining("already exists") });
});

test("Ctrl-C leaves a partial file; other options are refused, the same ones continue it", async () => {
  await using place = workplace();
  const { child, ended } = place.start("coordinator", [...RECORD, "--fix", "a=0,2"]);
  await place.ledger().evaluated(10);
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ code: 130 });
  const partly = recording(place.file("copy.json.gz"));
  expect(partly.metadata).toMatchObject({ complete: false, configurations: Object.keys(partly.cache).length });
  const other = await place.run("coordinator", RECORD);
  expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining("with other options") });
  expect(await place.run("coordinator", [...RECORD, "--fix", "a=0,2"])).toMatchObject({ code: 0 });
  const whole = recording(place.file("copy.json.gz"));
  expect(whole.metadata).toMatchObject({ complete: true, configurations: (CONFIGURATIONS * 2) / 3 });
  expect(whole.tune_params.a).toEqual([0, 2]);
});

test("a kernel in C: measured by the normal evaluator, and the recording replays", async () => {
  await using place = new Workplace();
  const options = ["--kernel", CPU_KERNEL, "--limit", "2", "--out", "scale.json", "--json"];
  const recorded = await place.run("coordinator", ["record", ...options]);
  expect(recorded).toMatchObject({ code: 0 });
  const { metadata, cache } = recording(place.file("scale.json"));
  expect(metadata).toMatchObject({ complete: true, configurations: 2, backend: "cpu" });
  for (const { time, times, outcome } of Object.values(cache)) {
    expect([typeof time, outcome]).toEqual(["number", undefined]);
    expect(times.length).toBeGreaterThan(0);
  }
  const replayed = await place.run("coordinator", ["start", "--space", "scale.json", "--evaluations", "50", "--json"]);
  expect(replayed).toMatchObject({ code: 0 });
  // The run ends when there is nothing left, though its budget is not spent.
  expect(JSON.parse(replayed.stdout).evaluations.total).toBe(2);
  const fastest = Math.min(...Object.values(cache).map(({ time }) => time as number));
  expect(JSON.parse(replayed.stdout).best.time_ms).toBeCloseTo(fastest, 9);
});
