/** Reports for people: complete, the same for everybody who asks, and with commands that can be copied. */
import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

const VECTOR_SCALE = fileURLToPath(new URL("../fixtures/vector-scale-cpu", import.meta.url));

const reportIn = (stderr: string) => stderr.slice(stderr.indexOf("\nRun "));

test("watch ends with the report of the run itself, and with one while the kernel has changed since", async () => {
  await using place = new Workplace();
  cpSync(VECTOR_SCALE, place.file("scale"), { recursive: true });
  const run = await place.run("coordinator", ["start", "--kernel", "./scale", "--evaluations", "4", "--islands", "1"]);
  expect(run.code, run.stderr).toBe(0);
  expect(run.stderr).toContain("1 island:");
  expect(run.stderr).toMatch(/parameter +best +default/);
  expect(run.stderr).toMatch(/coordinator\S* export \S+ --out vector-scale-cpu-tuned +write the tuned kernel/);
  const watched = await place.run("coordinator", ["watch"]);
  expect(watched.code, watched.stderr).toBe(0);
  expect(reportIn(watched.stderr)).toBe(reportIn(run.stderr));
  // Whoever has another kernel now is not shown its defaults as those of the run.
  appendFileSync(place.file("scale/kernel.c"), "/* another */\n");
  const changed = await place.run("coordinator", ["watch"]);
  expect(changed.code, changed.stderr).toBe(0);
  expect(changed.stderr).toMatch(/workload +time ms/);
  expect(changed.stderr).not.toMatch(/parameter +best +default/);
});

test("a run for several devices: each has a best in the report and in lineage best, whose columns are the same", async () => {
  await using place = new Workplace();
  for (const [at, device] of ["Alpha", "Beta"].entries()) {
    writeSyntheticSpace(place.file(`${device}.json`), { device, values: 4, bottom: at });
  }
  const spaces = ["--space", "Alpha.json", "--space", "Beta.json"];
  const run = await place.run("coordinator", ["start", ...spaces, "--islands", "2", "--evaluations", "60"]);
  expect(run.code, run.stderr).toBe(0);
  const best = await place.run("coordinator", ["lineage", "best"]);
  expect(best.stdout).toMatch(/^Best of run \S+ for each of 2 devices:/);
  const rows = (text: string) => text.split("\n").filter((line) => /^ *(Alpha|Beta) /.test(line));
  expect(rows(best.stdout)).toHaveLength(2);
  const withoutIndent = (text: string) => rows(text).map((line) => line.trim().split(/ {2,}/).slice(0, 3));
  expect(withoutIndent(best.stdout)).toEqual(withoutIndent(run.stderr));

  const evaluators = JSON.parse((await place.run("coordinator", ["evaluators", "--json"])).stdout);
  expect(evaluators).toHaveLength(2);
  for (const one of evaluators) {
    expect(one).toMatchObject({ backend: "replay", compile_processes: expect.any(Number), state: expect.any(String) });
    expect(one.devices).toEqual([expect.objectContaining({ busy_ms: expect.any(Number), up_ms: expect.any(Number) })]);
    // The names of the first version are still there.
    expect(one.firstSeen).toBe(one.first_seen);
    expect(one.description.compileProcesses).toBe(one.compile_processes);
    expect(one.description.devices[0].busyMs).toBe(one.devices[0].busy_ms);
  }
});

test("a sample is not called all, and the command that replays it can be copied, for any file name", async () => {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { values: 2 });
  mkdirSync(place.file("it's a folder"));
  const record = ["record", "--space", "space.json", "--db", "it's a folder/x.db", "--out"];
  const sample = await place.run("coordinator", [...record, "it's a folder/eight.json", "--limit", "8"]);
  expect(sample.code, sample.stderr).toBe(0);
  expect(sample.stderr).toContain("8 configurations (a sample of the 16 valid ones)");
  const [, command = ""] = /Replay it with: (.*)/.exec(sample.stderr) ?? [];
  const replayed = spawnSync("sh", ["-c", `${command} --evaluations 4 --json`], { cwd: "/", encoding: "utf8" });
  expect(replayed.status, command + replayed.stderr).toBe(0);
  expect(JSON.parse(replayed.stdout).evaluations.total).toBe(4);
  const whole = await place.run("coordinator", [...record, "it's a folder/all.json"]);
  expect(whole.stderr).toContain("16 configurations (all that are valid)");
});
