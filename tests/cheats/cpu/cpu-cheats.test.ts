/** Every cheat against the CPU backend's checks and sandbox, without the static gate: none counts as a result. */

import type { Backend } from "@kevo/gpu-evaluator/backends/backend.ts";
import { openCpuBackend } from "@kevo/gpu-evaluator/backends/cpu/cpu-backend.ts";
import { kernelIn } from "@kevo/gpu-evaluator/backends/cpu/job.fixture.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CHEATS_FOLDER, evaluate } from "./run.ts";
import { CPU_CHEATS, GENUINE, isRight, SLOW } from "./suite.ts";

const kernel = await kernelIn(CHEATS_FOLDER);
let backend: Backend;
beforeAll(async () => {
  backend = await openCpuBackend();
});
afterAll(() => backend.close());

test("the genuine kernel is taken, before and after", async () => {
  expect(await evaluate(backend, kernel, { CHEAT: GENUINE })).toMatchObject({ outcome: "ok" });
});

test.each(CPU_CHEATS)("$name ($what): $outcomes", async (cheat) => {
  const found = await evaluate(backend, kernel, { CHEAT: cheat.name });
  expect(isRight(cheat, found), JSON.stringify(found)).toBe(true);
});

test("the genuine kernel is still taken", async () => {
  expect(await evaluate(backend, kernel, { CHEAT: GENUINE })).toMatchObject({ outcome: "ok" });
});

test("every value of the kernel is a cheat that is tried, or a right kernel", () => {
  const [parameter] = kernel.definition.parameters;
  expect(parameter).toMatchObject({ values: [GENUINE, SLOW, ...CPU_CHEATS.map(({ name }) => name)] });
});
