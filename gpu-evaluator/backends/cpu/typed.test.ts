/** Kernels with several outputs of several types: each is poisoned before a call, and judged by what its type allows. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../backend.ts";
import { openCpuBackend } from "./cpu-backend.ts";
import { evaluateJob, jobFor, kernelIn } from "./job.fixture.ts";

const FOLDER = fileURLToPath(new URL("../../../tests/fixtures/typed-cpu/", import.meta.url));

let backend: Backend;
beforeAll(async () => {
  backend = await openCpuBackend();
});
afterAll(async () => backend.close());

test("a right candidate is measured; without bytes it has no GB/s", async () => {
  const kernel = await kernelIn(FOLDER);
  const measured = await evaluateJob(backend, jobFor(kernel, { UNROLL: 2 }, { purpose: "finalist" }));
  expect(measured).toMatchObject({
    outcome: "ok",
    measurements: [{ workload: "small", gbytes_per_s: null, bandwidth_share: null }],
  });
});

test.each([
  ["sum", "relative L2 error .* of the output sums is above 1e-12"],
  ["half", "relative L2 error .* of the output halves is above 0.002"],
  ["count", "1 elements of the output counts are wrong"],
  ["unwritten", "1 elements of the output largest were never written"],
  ["outside", "it wrote outside its arrays"],
  ["zero", "the output sums is all zero"],
])("a candidate whose %s is wrong is incorrect", async (bug, message) => {
  const found = await evaluateJob(backend, jobFor(await kernelIn(FOLDER), { BUG: bug }));
  expect(found).toMatchObject({ outcome: "incorrect", message: expect.stringMatching(message) });
});
