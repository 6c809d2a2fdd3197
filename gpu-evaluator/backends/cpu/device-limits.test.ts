import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DeviceLimits, precisionOf } from "./device-limits.ts";
import { cachesOf } from "./device-rates.ts";

const workload = (flops: number, bytes: number) => ({ name: "w", shape: {}, flops, bytes });
const never = async () => 0;

test("more operations than the peak allows are impossible, after the peak has been measured again", async () => {
  let measured = 0;
  const gflops = async () => [90, 110, 100, 100, 100][measured++] ?? 100;
  const limits = new DeviceLimits({ gflops, gbytesPerSecond: never, cacheBytes: Number.POSITIVE_INFINITY }, 80);
  expect(await limits.impossible(workload(1e8, 0), 2, 0, "f32")).toBeNull();
  expect(measured).toBe(0);
  // 105 GFLOP/s: above the first two figures, not above what the machine gives.
  expect(await limits.impossible(workload(1.05e8, 0), 1, 0, "f32")).toBeNull();
  expect(await limits.peakGflops("f32")).toBe(110);
  expect(await limits.impossible(workload(1e9, 0), 1, 0, "f32")).toMatch(/909 % of this machine's measured peak/);
});

test("a kernel of integers or short floats has no peak to exceed", async () => {
  expect(precisionOf([])).toBe("f32");
  expect(precisionOf(["f32", "f64"])).toBe("f64");
  expect(precisionOf(["i8", "i32"])).toBeNull();
  expect(precisionOf(["f16", "f32"])).toBeNull();
  const limits = new DeviceLimits({ gflops: async () => 100, gbytesPerSecond: never, cacheBytes: 1e9 }, 100);
  expect(await limits.impossible(workload(1e9, 0), 1, 0, null)).toBeNull();
  expect(await limits.shares(workload(1e9, 0), 1, null)).toMatchObject({ gflops: 1000, peak_share: null });
});

test("bytes beyond what the caches hold come no faster than memory gives them", async () => {
  const rates = { gflops: never, gbytesPerSecond: async () => 10, cacheBytes: 1e6 };
  const limits = new DeviceLimits(rates, 100);
  expect(await limits.impossible(workload(0, 1e6), 0.001, 0, "f32")).toBeNull();
  expect(await limits.impossible(workload(0, 11e6), 1, 0, "f32")).toBeNull();
  expect(await limits.impossible(workload(0, 21e6), 1, 0, "f32")).toMatch(/20 GB\/s.*10 GB\/s/);
});

test("a time is a share of the peak of its precision, and of the bandwidth of what holds the bytes", async () => {
  const gbytesPerSecond = async (bytes?: number) => (bytes === undefined ? 10 : bytes === 2 ** 20 ? 50 : 1000);
  const gflops = async () => 40;
  const limits = new DeviceLimits({ gflops, gbytesPerSecond, cacheBytes: 2e6 }, 80);
  expect(await limits.shares(workload(4e6, 8e6), 1, "f32")).toEqual({
    ...{ gflops: 4, peak_share: 0.05, gbytes_per_s: 8, bandwidth_share: 0.8, bandwidth_of: "memory" },
  });
  expect(await limits.shares(workload(4e6, 1e6), 1, "f64")).toMatchObject({
    ...{ peak_share: 0.1, gbytes_per_s: 1, bandwidth_share: 0.02, bandwidth_of: "cache" },
  });
  // A workload that does not say what a call does has no rates, and nothing is impossible but less than an empty call.
  expect(await limits.shares({ name: "w", shape: {} }, 1, "f32")).toEqual({
    ...{ gflops: null, peak_share: null, gbytes_per_s: null, bandwidth_share: null, bandwidth_of: null },
  });
  expect(await limits.impossible({ name: "w", shape: {} }, 1e-6, 0, "f32")).toBeNull();
});

test("no call takes less than one that does nothing", async () => {
  const limits = new DeviceLimits({ gflops: never, gbytesPerSecond: never, cacheBytes: 1 }, 100);
  expect(await limits.impossible(workload(1, 0), 0.001, 0.002, "f32")).toMatch(/less than an empty call takes/);
});

test("every cache for data is counted once, and none means that nothing is known", () => {
  const folder = mkdtempSync(join(tmpdir(), "kevo-caches-"));
  const cache = (cpu: number, index: number, facts: Record<string, string>) => {
    const path = join(folder, `cpu${cpu}`, "cache", `index${index}`);
    mkdirSync(path, { recursive: true });
    for (const [name, text] of Object.entries(facts)) writeFileSync(join(path, name), `${text}\n`);
  };
  try {
    expect(cachesOf(folder)).toBe(Number.POSITIVE_INFINITY);
    for (const cpu of [0, 1]) {
      cache(cpu, 0, { level: "1", type: "Data", size: "32K", shared_cpu_list: `${cpu}` });
      cache(cpu, 1, { level: "1", type: "Instruction", size: "32K", shared_cpu_list: `${cpu}` });
      cache(cpu, 2, { level: "3", type: "Unified", size: "8M", shared_cpu_list: "0-1" });
    }
    expect(cachesOf(folder)).toBe(2 * 32 * 1024 + 8 * 1024 ** 2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
