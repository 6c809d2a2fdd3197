/** A recording that was tuned for something else than time, through the real programs. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";

let workplace: Workplace;
let folder: string;
beforeAll(() => {
  workplace = new Workplace();
  folder = workplace.path;
  const rows = [1, 2, 3, 4, 5, 6].flatMap((x) => [1, 2].map((y) => ({ x, y })));
  const cache = Object.fromEntries(
    rows.map(({ x, y }) => [
      `${x},${y}`,
      // Faster is hotter: no configuration is best in both.
      { x, y, time: 10 - x, "GFLOP/s": x * 100 + y, energy: x * x + 3 * y },
    ]),
  );
  const file = {
    device_name: "Test GPU",
    kernel_name: "stencil",
    tune_params_keys: ["x", "y"],
    tune_params: { x: [1, 2, 3, 4, 5, 6], y: [1, 2] },
    objective: "energy",
    cache,
  };
  writeFileSync(join(folder, "space.json"), JSON.stringify(file));
});
afterAll(() => workplace[Symbol.asyncDispose]());

const start = (...options: string[]) =>
  workplace.run("coordinator", [
    ...[
      "start",
      "--space",
      join(folder, "space.json"),
      "--evaluations",
      "12",
      "--islands",
      "2",
      "--seed",
      "1",
      "--sync",
    ],
    ...["--db", join(folder, `${options.length}.db`), "--json", ...options],
  ]);

test("the file's own objective is searched for, and named with its direction", async () => {
  const { code, stdout, stderr } = await start();
  expect(code, stderr).toBe(0);
  const { best } = JSON.parse(stdout);
  expect(best.objective).toEqual({ name: "energy", value: 4, unit: null, direction: "minimize" });
  const shown = await workplace.run("coordinator", ["lineage", "best", "--db", join(folder, "0.db")]);
  expect(shown.stdout).toContain("4 energy (lower is better)");
});

test("another field and one beside it: the best of the first, and the Pareto front of both", async () => {
  const { code, stdout, stderr } = await start("--objective", "GFLOP/s", "--beside", "energy");
  expect(code, stderr).toBe(0);
  const { best, pareto } = JSON.parse(stdout);
  expect(best.objective).toMatchObject({ value: 602, direction: "maximize" });
  // Each x with both values of y: the second is faster and hotter. (1, 2) is as hot as (2, 1), and slower.
  expect(pareto.map((point: { objective: { value: number } }) => point.objective.value)).toEqual([
    602, 601, 502, 501, 402, 401, 302, 301, 202, 201, 101,
  ]);
  expect(pareto.at(-1).beside).toMatchObject({ name: "energy", value: 4 });
});
