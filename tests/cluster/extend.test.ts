/** Budgets: what was not asked for does not apply, and a finished run can be extended. */
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

test("--time alone is not cut by a default number of evaluations", async () => {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"));
  const start = ["start", "--space", "space.json", "--islands", "2", "--seed", "1", "--time", "3s", "--json"];
  const { code, stdout, stderr } = await place.run("coordinator", start);
  expect(code, stderr).toBe(0);
  const { status, ended_by } = JSON.parse(stdout);
  expect({ status, ended_by }).toEqual({ status: "completed", ended_by: "time_up" });
  const listed = await place.run("coordinator", ["runs", "--json"]);
  expect(JSON.parse(listed.stdout)).toMatchObject([{ budget: null }]);
});

test("a completed run continues to a larger budget, counted once", async () => {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"));
  const start = ["start", "--space", "space.json", "--islands", "2", "--seed", "1", "--evaluations", "40", "--json"];
  const first = await place.run("coordinator", start);
  expect(first.code, first.stderr).toBe(0);
  const { run, best } = JSON.parse(first.stdout);

  const again = await place.run("coordinator", ["resume", run]);
  expect(again).toMatchObject({ code: 2, stderr: expect.stringMatching(/is complete.*resume \S+ --evaluations 80/) });
  const less = await place.run("coordinator", ["resume", run, "--evaluations", "40"]);
  expect(less).toMatchObject({ code: 2, stderr: expect.stringContaining("has accepted 40 evaluations already") });

  const more = await place.run("coordinator", ["resume", run, "--evaluations", "120", "--json"]);
  expect(more.code, more.stderr).toBe(0);
  const result = JSON.parse(more.stdout);
  expect(result).toMatchObject({ run, status: "completed", evaluations: { total: 120 } });
  expect(result.best.time_ms).toBeLessThanOrEqual(best.time_ms);
  expect(place.ledger().query("select count(*) as n from evaluations")).toEqual([{ n: 120 }]);
});
