/** The backend on the shipped kernels and on the smallest one, with the machine's own compiler. */
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { labelledRandom } from "@kevo/core/random/random.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Backend, type Device, type InstalledKernel, isFailure, type Job } from "../backend.ts";
import { openCpuBackend } from "./cpu-backend.ts";
import { evaluateJob, jobFor, kernelIn } from "./job.fixture.ts";

const kernels = fileURLToPath(new URL("../../kernels/", import.meta.url));
const attention = await kernelIn(join(kernels, "attention-cpu"));
const matmul = await kernelIn(join(kernels, "matmul-cpu"));
const example = fileURLToPath(new URL("../../../tests/fixtures/vector-scale-cpu/", import.meta.url));

let backend: Backend;
let device: Device;
beforeAll(async () => {
  // How busy the machine is, is not what is tested here.
  backend = await openCpuBackend({ whenBusy: "measure" });
  device = backend.devices[0] as Device;
});
afterAll(() => backend.close());

const evaluate = (job: Job) => evaluateJob(backend, job);

/** Small enough to sample many configurations, with edges that fill no tile where the kernel allows them. */
const small: Record<string, Record<string, number>> = {
  "attention-cpu": { heads: 2, length: 256, width: 64 },
  "matmul-cpu": { m: 70, n: 530, k: 65 },
};

describe.each([attention, matmul])("$definition.id", (kernel) => {
  const space = openSpace(kernel.definition);

  test("has at least 5,000 valid configurations, the default and the baselines among them", () => {
    expect(space.count).toBeGreaterThanOrEqual(5_000);
    for (const { config } of [{ config: {} }, ...kernel.definition.baselines])
      expect(space.isValid(space.encode({ ...kernel.definition.default, ...config }))).toBe(true);
  });

  test("states the floating-point operations and bytes of its workloads", () => {
    for (const { shape, flops, bytes } of kernel.definition.workloads) {
      const { heads = 0, length = 0, width = 0, m = 0, n = 0, k = 0 } = shape;
      const expected = heads
        ? [2 * heads * width * length * (length + 1), 16 * heads * length * width]
        : [2 * m * n * k, 4 * (m * k + k * n + m * n)];
      expect([flops, bytes]).toEqual(expected);
    }
  });

  test("is right in any valid configuration", async () => {
    const shape = small[kernel.definition.id] ?? {};
    const workloads = [{ name: "small", shape, flops: 1e6, bytes: 1e6 }];
    const random = labelledRandom(kernel.definition.id);
    for (let n = 0; n < 10; n++) {
      const config = space.decode(space.sample(random));
      const found = await evaluate(jobFor(kernel, config, { workloads, inputSeed: n, bestSpeedup: 100 }));
      expect(found, JSON.stringify(config)).toMatchObject({ outcome: "ok" });
    }
  });
});

test("a measurement says time, speedup with its interval, rate, share of the peak and every sample", async () => {
  const [measurement] = await measured(await kernelIn(example), "search");
  expect(device.peakGflops).toBeGreaterThan(0);
  expect(measurement?.workload).toBe("small");
  expect(measurement?.baseline).toBe("default");
  expect(measurement?.speedup_low).toBeLessThanOrEqual(measurement?.speedup ?? 0);
  expect(measurement?.speedup_high).toBeGreaterThanOrEqual(measurement?.speedup ?? Number.POSITIVE_INFINITY);
  expect(measurement?.gflops).toBeCloseTo(32768 / (measurement?.time_ms ?? 0) / 1e6);
  expect(measurement?.peak_share).toBeCloseTo((measurement?.gflops ?? 0) / (device.peakGflops ?? 0));
  expect(measurement?.error).toBeLessThan(1e-6);
  expect(measurement?.samples.length).toBeGreaterThanOrEqual(2);
});

test("a finalist is timed beside every baseline and the library that the kernel's comparison names", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kevo-kernel-"));
  try {
    await cp(example, folder, { recursive: true });
    await writeFile(join(folder, "comparison.py"), 'print(\'{"a library": {"small": 0.5}}\')\n');
    const kernel = await kernelIn(folder);
    const baselines = [
      { name: "default", config: {} },
      { name: "-O1", config: { OPTIMISE: "-O1" } },
    ];
    const definition = { ...kernel.definition, baselines, comparison: "comparison.py" };
    const [measurement] = await measured({ ...kernel, definition }, "finalist");
    const names = Object.keys(measurement?.others ?? {});
    // The baselines by their speed, then the library.
    expect([names.slice(0, 2).sort(), ...names.slice(2)]).toEqual([["-O1", "default"], "a library"]);
    expect(Math.min(measurement?.others.default ?? 0, measurement?.others["-O1"] ?? 0)).toBe(measurement?.baseline_ms);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a reference that does not compile, or a baseline that is wrong, is the kernel's fault and stops the run", async () => {
  const kernel = await kernelIn(example);
  const broken = { ...kernel, hash: "broken", definition: { ...kernel.definition, reference: "kernel.json" } };
  await expect(evaluate(jobFor(broken, {}))).rejects.toThrow(UserError);
  const exact = { ...kernel, hash: "exact", definition: { ...kernel.definition, tolerance: { relative_l2: 1e-12 } } };
  await expect(evaluate(jobFor(exact, {}))).rejects.toThrow(
    /the default configuration of kernel vector-scale-cpu \(baseline 'default'\) failed/,
  );
});

test("without a C compiler there is a sentence that says what to do", async () => {
  const before = process.env.CC;
  process.env.CC = "no-such-compiler";
  try {
    await expect(openCpuBackend()).rejects.toThrow(/'no-such-compiler'.*Install a C compiler/);
  } finally {
    if (before === undefined) delete process.env.CC;
    else process.env.CC = before;
  }
});

async function measured(kernel: InstalledKernel, purpose: "search" | "finalist") {
  const found = await evaluate(jobFor(kernel, {}, { purpose }));
  if (isFailure(found)) throw new Error(found.message);
  return found.measurements;
}
