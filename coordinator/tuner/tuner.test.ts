/** `Tuner` as scripts use it: spaces and mistakes without a cluster, and one run on a real one. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, expectTypeOf, test } from "vitest";
import { callObjective } from "./call-objective.ts";
import { openConfigSpace } from "./config-space.ts";
import { Invalid, Tuner, TunerError, type TunerOptions } from "./tuner.ts";

const folder = mkdtempSync(join(tmpdir(), "kevo-tuner-"));
afterAll(() => rmSync(folder, { recursive: true, maxRetries: 20, retryDelay: 200 }));

test("a space becomes parameters, and configurations have the user's own values", () => {
  const space = openConfigSpace({
    tile: [64, 8, 16],
    layout: ["rows", "columns"],
    pad: [true, false],
    options: [null, { fast: true }, "none"],
    order: { type: "permutation", items: ["m", "n"] },
    stages: { type: "integer", min: 1, max: 4 },
  });
  expect(space.parameters).toEqual([
    { name: "tile", type: "ordinal", values: [8, 16, 64] },
    { name: "layout", type: "categorical", values: ["rows", "columns"] },
    { name: "pad", type: "boolean" },
    { name: "options", type: "categorical", values: ["null", '{"fast":true}', "none"] },
    { name: "order", type: "permutation", items: ["m", "n"] },
    { name: "stages", type: "integer", min: 1, max: 4, step: 1 },
  ]);
  const plain = { tile: 8, layout: "rows", pad: true, order: ["n", "m"], stages: 2 };
  expect(space.decode({ ...plain, options: "null" })).toEqual({ ...plain, options: null });
  expect(space.decode({ ...plain, options: '{"fast":true}' })).toEqual({ ...plain, options: { fast: true } });
});

test("a configuration has the types of its space", () => {
  const given = {
    configSpace: { tile: [8, 16], layout: ["rows", "columns"], stages: { type: "integer", min: 1, max: 4 } },
    objective: (config: { readonly tile: 8 | 16; readonly layout: "rows" | "columns"; readonly stages: number }) => {
      expectTypeOf(config.layout).toEqualTypeOf<"rows" | "columns">();
      return config.tile;
    },
  } as const;
  expect(new Tuner(given)).toBeInstanceOf(Tuner);
});

test.each<[string, Partial<TunerOptions<{ x: number[] }>>]>([
  ["configSpace.x has no value. Give at least one.", { configSpace: { x: [] } }],
  ["configSpace.x has the value 1 twice.", { configSpace: { x: [1, 1] } }],
  ["configSpace.x: NaN is not a finite number.", { configSpace: { x: [Number.NaN, 1] } }],
  ["configSpace must be an object of parameters with their values, not 3.", { configSpace: 3 as never }],
  ['configSpace.x is "8,16": give a list of values, or { type: … }.', { configSpace: { x: "8,16" as never } }],
  ['"y" is not a parameter; the parameters are x', { constraints: ["y < 3"] }],
  ["no combination of values satisfies it", { constraints: ["x > 9"] }],
  ["objective must be a function of a configuration.", { objective: 3 as never }],
  ["maxEvaluations", { maxEvaluations: 0 }],
  ["direction", { direction: "up" as never }],
])("%s", (message, options) => {
  const make = () => new Tuner({ configSpace: { x: [1, 2, 3] }, objective: ({ x }) => x, ...options });
  expect(make).toThrow(TunerError);
  expect(make).toThrow(message);
});

test("what is no number can never be a value, and is no evaluation", async () => {
  await expect(callObjective(() => "fast" as never, { x: 1 })).rejects.toThrow(
    'The objective returned "fast" for {"x":1}. Return a number; throw Invalid for a configuration that cannot be used.',
  );
  await expect(callObjective(async () => undefined as never, {})).rejects.toThrow("The objective returned undefined");
});

test("the example of the page, found again by its name; extended; what fails counts", async () => {
  const page = readFileSync(new URL("../../docs/typescript.md", import.meta.url), "utf8");
  const [, example] = /```ts\n(.*?)```/s.exec(page) as unknown as [string, string];
  const script = join(folder, "example.mjs");
  const at = new URL("tuner.ts", import.meta.url).href;
  const stored = `database: ${JSON.stringify(join(folder, "lineage.db"))},\n  name:`;
  const tested = example.replace('"kernelevolve"', JSON.stringify(at)).replace("name:", stored);
  writeFileSync(script, `${stripTypeScriptTypes(tested)}\nexport { result };`);
  const { result } = (await import(/* @vite-ignore */ script)) as { result: Awaited<ReturnType<Tuner<never>["tune"]>> };
  expect(result.evaluations).toHaveLength(20);
  expect(result.lineageCommand).toContain(`lineage show ${result.best?.candidate} --db ${folder}`);
  expect(result.bestValue).toBe(Math.min(...result.evaluations.flatMap(({ value }) => value ?? [])));

  const configSpace = {
    tile: [8, 16, 32, 64, 128, 256],
    unroll: { type: "integer", min: 1, max: 8 },
    layout: ["rows", "columns"],
  } as const;
  const same = {
    configSpace,
    constraints: ["tile > 8 or unroll < 4"],
    direction: "minimize" as const,
    name: "first-steps",
    database: join(folder, "lineage.db"),
  };
  const never = () => expect.unreachable();
  const again = await new Tuner({ ...same, maxEvaluations: 20, objective: never }).tune();
  expect(again.evaluations).toEqual(result.evaluations);
  await expect(new Tuner({ ...same, constraints: [], maxEvaluations: 20, objective: never }).tune()).rejects.toThrow(
    "was started with another configSpace, direction or constraints",
  );

  let calls = 0;
  const objective = () => {
    calls++;
    if (calls === 1) throw new TypeError("the kernel is broken");
    if (calls === 2) throw new Invalid("too many registers");
    return calls === 3 ? Number.POSITIVE_INFINITY : 0.5;
  };
  const more = await new Tuner({ ...same, maxEvaluations: 24, objective }).tune();
  const failed = more.evaluations
    .slice(20)
    .map(({ outcome, message, value }) => [outcome, message?.split("\n")[0], value]);
  expect(failed).toEqual([
    ["crashed", "TypeError: the kernel is broken", null],
    ["invalid", "too many registers", null],
    ["incorrect", "the objective returned Infinity, which is no value", null],
    ["ok", undefined, 0.5],
  ]);
  expect(more.bestValue).toBe(0.5);
}, 120_000);
