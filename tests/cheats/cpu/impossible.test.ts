/** A right answer in a time that this machine cannot reach, as far as the kernel's own numbers say: never a winner. */
import { createHash } from "node:crypto";
import type { Backend, InstalledKernel } from "@kevo/gpu-evaluator/backends/backend.ts";
import { openCpuBackend } from "@kevo/gpu-evaluator/backends/cpu/cpu-backend.ts";
import { kernelIn } from "@kevo/gpu-evaluator/backends/cpu/job.fixture.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CHEATS_FOLDER, evaluate } from "./run.ts";
import { GENUINE, SLOW } from "./suite.ts";

let backend: Backend;
beforeAll(async () => {
  // What is stated is impossible whatever else the machine does, so the machine may be busy.
  backend = await openCpuBackend({ whenBusy: "measure" });
});
afterAll(() => backend.close());

/** The kernel with a slow baseline, and workloads that state `times` as many operations as they have. */
function stating(kernel: InstalledKernel, times: number): InstalledKernel {
  const { definition } = kernel;
  const workloads = definition.workloads.map((one) => ({ ...one, flops: Math.round((one.flops ?? 0) * times) }));
  const baselines = [{ name: "slow", config: { CHEAT: SLOW } }];
  const hash = createHash("sha256").update(`${kernel.hash} ${times}`).digest("hex");
  return { ...kernel, hash, definition: { ...definition, workloads, baselines } };
}

test("a share of the peak above 1 is incorrect, and the message says so", async () => {
  const kernel = await kernelIn(CHEATS_FOLDER);
  const found = await evaluate(backend, stating(kernel, 1), { CHEAT: GENUINE });
  if (found.outcome !== "ok") throw new Error(found.message);
  const share = found.measurements[0]?.peak_share as number;
  // Four times the peak: above it whatever else the machine does, and the baseline, at a fifth, below it.
  const refused = await evaluate(backend, stating(kernel, 4 / share), { CHEAT: GENUINE });
  expect(refused).toMatchObject({ outcome: "incorrect", message: expect.stringContaining("measured peak") });
});
