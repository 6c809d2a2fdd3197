import { describe, expect, it } from "vitest";
import { finalReport } from "./final-report.ts";
import type { RunResult } from "./result.ts";

describe("the final report", () => {
  const times = (workload: string, changes = {}) => ({
    workload,
    candidate: "r1/2/7/3",
    rounds: 2,
    time_ms: 0.412,
    baseline_ms: 0.795,
    baseline: "fast-math",
    speedup: 1.93,
    speedup_low: 1.9,
    speedup_high: 1.96,
    gflops: 33.12,
    peak_share: 0.34,
    gbytes_per_s: 5.43,
    bandwidth_share: 0.62,
    bandwidth_of: "memory" as const,
    roofline: { share: 0.62, of: "memory" as const },
    others: { default: 0.9, "fast-math": 0.795, torch: 0.76 },
    ...changes,
  });
  const best = {
    candidate: "r1/2/7/3",
    config: { tile: 32, exp: "poly" },
    speedup: 1.93,
    speedup_low: 1.88,
    speedup_high: 1.97,
    time_ms: 0.412,
    island: 2,
    batch: 7,
    proposer: "crossover",
    rounds: 2,
  };
  const result: RunResult = {
    run: "r1",
    status: "completed",
    ended_by: "budget_spent",
    kernel: "attention-cpu",
    backend: "cpu",
    islands: 4,
    evaluations: {
      total: 200,
      ok: 180,
      compile_error: 12,
      incorrect: 8,
      crashed: 0,
      timeout: 0,
      invalid: 0,
      cached: 25,
    },
    best,
    best_by_workload: {},
    best_by_device: {},
    failed_finalists: [],
    quietness: null,
    spend_usd: 0,
    elapsed_s: 141,
    db: "/data/lineage.db",
  };
  const details = { defaultConfig: { tile: 16, exp: "poly" }, baselines: ["default", "fast-math"], cells: null };

  it("compares the best with the default and with everything that was timed beside it", () => {
    const report = finalReport(result, { ...details, workloads: [times("short"), times("long")] });
    expect(report).toContain("Run r1 of attention-cpu on cpu completed after 2:21.");
    expect(report).toContain("200 evaluations on 4 islands: 180 ok, 20 failed, 25 repeated (cached).");
    expect(report).toContain("1.93× the speed of the fastest baseline, confidence interval 1.88–1.97");
    expect(report).toMatch(/tile +32 +16 +changed\n +exp +poly +poly\n/);
    expect(report).toMatch(/workload +time ms +baseline ms +speedup +interval +GFLOP\/s +GB\/s +roofline +torch ms\n/);
    expect(report).toMatch(
      /short +0\.412 +0\.795 +1\.93× +1\.90–1\.96 +33\.12 +5\.43 +62 % of memory bandwidth +0\.76\n/,
    );
    expect(report).toContain("Stored in /data/lineage.db.");
    expect(report).toContain("npx coordinator lineage best r1 --db /data/lineage.db");
    expect(report).toContain("npx coordinator lineage ancestors r1/2/7/3 --db /data/lineage.db");
    expect(report).toContain("npx coordinator lineage failures r1 --db /data/lineage.db");
  });

  it.each([
    ["an interval around 1", { speedup: 1.13, speedup_low: 0.98, speedup_high: 1.3 }, "no measurable difference"],
    ["an interval below 1", { speedup: 0.08, speedup_low: 0.07, speedup_high: 0.09 }, "reached 0.08×"],
  ])("claims nothing of %s: the baseline is the answer", (_, speedups, message) => {
    const report = finalReport(
      { ...result, best: { ...best, ...speedups } },
      { ...details, workloads: [times("short")] },
    );
    expect(report).toContain('Best: the baseline "fast-math". No candidate was measurably faster');
    expect(report).toContain(message);
    expect(report).not.toContain(`Best: ${speedups.speedup}`);
  });

  it("says that a wide interval leaves the speedup uncertain", () => {
    const report = (speedup_low: number, speedup_high: number) =>
      finalReport(
        { ...result, best: { ...best, speedup: 6, speedup_low, speedup_high } },
        { ...details, workloads: [] },
      );
    expect(report(2.96, 9.93)).toContain("The interval is wide, so how much faster is uncertain: at least 2.96×.");
    expect(report(5.5, 6.5)).not.toContain("uncertain");
  });

  it("says that threads waited for each other where nobody else wanted a core", () => {
    const quietness = {
      load_per_core: 0.02,
      stolen: 0,
      pressure: null,
      measurements: 8,
      waited: 0.19,
      aa_ratio: 1.01,
      drift: 1.02,
    };
    const report = (load_per_core: number) =>
      finalReport({ ...result, quietness: { ...quietness, load_per_core } }, { ...details, workloads: [] });
    expect(report(0.02)).toContain("threads waited up to 19 %, for each other,");
    expect(report(0.8)).toContain("threads waited up to 19 %, a baseline");
  });

  it("names the fastest baseline of each workload where they differ", () => {
    const report = finalReport(
      { ...result, best: { ...best, speedup: 1.01, speedup_low: 0.98, speedup_high: 1.03 } },
      { ...details, workloads: [times("short"), times("long", { baseline: "all cores" })] },
    );
    expect(report).toContain(
      "Best: on each workload its fastest baseline. No candidate was measurably faster over all",
    );
    expect(report).toContain('Fastest: "fast-math" on short, "all cores" on long\n');
    expect(report).toContain("no measurable difference from the fastest baselines: confidence interval 0.98–1.03");
    expect(report).not.toContain("Best: the baseline");
  });

  it("says so when the best was never measured again", () => {
    const message = "from a single evaluation, which is partly luck";
    const report = (rounds: number) =>
      finalReport({ ...result, best: { ...best, rounds } }, { ...details, workloads: [times("short")] });
    expect(report(0)).toContain(message);
    expect(report(2)).not.toContain(message);
  });

  it("says so when finalists failed on fresh inputs, and when all of them did", () => {
    const failed_finalists = [0, 1, 2, 3, 4, 5, 6].map((at) => ({
      candidate: `r1/0/0/${at}`,
      message: "incorrect: \u001b[31moff by 3\nat element 7",
    }));
    const report = (rounds: number) =>
      finalReport({ ...result, best: { ...best, rounds }, failed_finalists }, { ...details, workloads: [] });
    expect(report(0)).toContain(
      "from a single evaluation, which is partly luck: every finalist failed when measured again",
    );
    for (const text of [report(0), report(2)]) {
      expect(text).toContain("7 finalists failed on fresh inputs when measured again and cannot win:");
      expect(text).toContain("\n  r1/0/0/4: incorrect: off by 3 at element 7\n  and 2 more\n");
    }
    expect(report(2)).not.toContain("partly luck");
  });

  it("names the niches whose best was never measured again", () => {
    const one = { candidate: "r1/0/0/0", config: best.config, time_ms: 1, speedup_low: 1.9, speedup_high: 2.1 };
    const devices = { A: { ...one, speedup: 2, rounds: 2 }, B: { ...one, speedup: 2, rounds: 0 } };
    const report = (best_by_device: typeof devices) =>
      finalReport({ ...result, best_by_device }, { ...details, workloads: [] });
    expect(report(devices)).toContain("From a single evaluation, which is partly luck, on 1 of 2: B.");
    expect(report({ A: devices.A, B: devices.A })).not.toContain("partly luck");
  });

  it("leaves out what replay does not know", () => {
    const bare = { baseline_ms: null, baseline: null, speedup: null, speedup_low: null, speedup_high: null };
    const unknown = { ...bare, gflops: null, gbytes_per_s: null, roofline: null, others: {} };
    const report = finalReport(
      { ...result, backend: "replay", best: { ...best, speedup: null, speedup_low: null, speedup_high: null } },
      { defaultConfig: null, baselines: [], cells: null, workloads: [times("recorded", unknown)] },
    );
    expect(report).toContain("Best: 0.412 ms");
    expect(report).toMatch(/workload +time ms\n +recorded +0\.412\n/);
    expect(report).not.toContain("×");
    expect(report).not.toContain("–");
  });

  it("says how to continue an interrupted run, and names no winner where nothing was measured", () => {
    const report = finalReport({ ...result, status: "interrupted", best: null }, { ...details, workloads: [] });
    expect(report).toContain("was interrupted");
    expect(report).toContain("No candidate was measured");
    expect(report).toContain("npx coordinator resume r1");
    expect(report).not.toContain("lineage best");
  });
});
