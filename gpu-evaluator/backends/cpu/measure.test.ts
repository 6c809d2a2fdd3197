/** What is made of the times of a round, with times that are made up: on quiet machines and on busy ones. */
import type { CpuEffort } from "@kevo/core/effort/effort.ts";
import { expect, test } from "vitest";
import type { Job } from "../backend.ts";
import { MachineBusy } from "../machine-busy.ts";
import type { DeviceLimits } from "./device-limits.ts";
import { WrongOutput } from "./finding.ts";
import { HostWatch } from "./host-activity.ts";
import { measureAll, type WhenBusy } from "./measure.ts";
import type { PairedComparison } from "./paired-comparison.ts";
import type { TimedProcess } from "./timed-process.ts";

const budget: CpuEffort = { rounds: 8, batchMs: 1, roundsLimitMs: 1e6, resamples: 50, runLimitMs: 1_000 };
const workload = { name: "w", shape: {}, flops: 1, bytes: 1 };
const limits = {
  impossible: async () => null,
  peakGflops: async () => 1,
  shares: async () => ({ gflops: 1, peak_share: 0.1, gbytes_per_s: null, bandwidth_share: null, bandwidth_of: null }),
} as unknown as DeviceLimits;

/** What a call of a process takes in a round that is counted from 0, and the share of it that it waits. */
type Times = (round: number) => { ms: number; waited: number };
const always =
  (ms: number, waited = 0): Times =>
  () => ({ ms, waited });
const [CANDIDATE, BASELINE, TWIN] = [0, 1, 2];

function comparison(times: Readonly<Record<number, Times>>, purpose: Job["purpose"]) {
  const spawned: string[] = [];
  let played = 0;
  const source = {
    workload,
    round: async ({ processes }: { processes: readonly number[] }) => {
      const round = Math.min(played++, budget.rounds - 1);
      return { right: true, error: 0, times: processes.map((id) => (times[id] as Times)(round)) };
    },
    freshCall: async () => 1,
    sameCall: async () => 1,
  };
  const process = (id: number) =>
    ({ id, source, callMs: 1, error: 0, judging: { tolerance: 1 } }) as unknown as TimedProcess;
  const found: PairedComparison = {
    candidate: process(CANDIDATE),
    baselines: [{ name: "default", process: process(BASELINE) }],
    emptyCall: async () => ({ ms: 0, apart: 0 }),
    twin: purpose === "finalist" ? process(TWIN) : null,
    spawnTwin: async () => {
      spawned.push("twin");
      played = 0;
      return process(TWIN);
    },
    unseen: [],
    answer: async () => "",
  };
  return { found, spawned };
}

interface Machine {
  readonly whenBusy?: WhenBusy;
  /** Files of `/proc`. */
  readonly files?: Readonly<Record<string, string>>;
  readonly limits?: DeviceLimits;
}

function measured(times: Readonly<Record<number, Times>>, job: Partial<Job>, machine: Machine = {}) {
  const kernel = { definition: { arguments: undefined } };
  const defaults = { purpose: "finalist", bestSpeedup: null, neverStopEarly: false };
  const whole = { kernel, ...defaults, ...job } as unknown as Job;
  const { found, spawned } = comparison(times, whole.purpose);
  const watch = new HostWatch((name) => machine.files?.[name] ?? null, 2);
  const { whenBusy = "refuse" } = machine;
  const options = { limits: machine.limits ?? limits, libraries: {}, watch, whenBusy };
  return { result: measureAll([found], whole, budget, options), spawned };
}

const quiet = { [CANDIDATE]: always(1), [BASELINE]: always(2), [TWIN]: always(2) };

test("a finalist on a quiet machine has its speedup, and says how quiet it was", async () => {
  const found = await measured(quiet, {}).result;
  expect(found.measurements).toMatchObject([{ speedup: 2, speedup_low: 2, speedup_high: 2 }]);
  const quietness = { load_per_core: null, stolen: null, pressure: null, waited: 0, aa_ratio: 1, drift: 1 };
  expect(found.environment).toEqual({ quietness });
});

const busy: [string, Readonly<Record<number, Times>>, RegExp][] = [
  ["a baseline differs from itself", { ...quiet, [TWIN]: always(6) }, /from itself by a factor of 3.00 beside it/],
  ["the candidate waits for a core", { ...quiet, [CANDIDATE]: always(1, 0.4) }, /threads waited 40 % of the time/],
  ["the baseline waits for a core", { ...quiet, [BASELINE]: always(2, 0.3) }, /threads waited 30 % of the time/],
  [
    "all change their speed",
    Object.fromEntries(
      Object.entries(quiet).map(([id, of]) => [
        id,
        (round: number) => ({ ...of(round), ms: of(round).ms * (round < 4 ? 1 : 3) }),
      ]),
    ),
    /and 3.00 over time/,
  ],
];

test.each(busy)("where %s, a finalist has no result at all", async (_what, times, why) => {
  await expect(measured(times, {}).result).rejects.toThrow(MachineBusy);
  await expect(measured(times, {}).result).rejects.toThrow(why);
  expect((await measured(times, {}, { whenBusy: "measure" }).result).outcome).toBe("ok");
  const unclaimed = await measured(times, {}, { whenBusy: "claim_nothing" }).result;
  for (const { speedup_low, speedup_high } of unclaimed.measurements) {
    expect(speedup_low).toBeLessThanOrEqual(1);
    expect(speedup_high).toBeGreaterThanOrEqual(1);
  }
});

test("a candidate with more threads than cores waits for itself: on a quiet machine that is its time, and no reason to wait", async () => {
  const own = { ...quiet, [CANDIDATE]: always(1, 3) };
  const found = await measured(own, {}, { files: { loadavg: "0.1 0.1 0.1 1/100 1\n" } }).result;
  expect(found.measurements).toMatchObject([{ speedup: 2, speedup_low: 2, speedup_high: 2 }]);
  const busyToo = measured(own, {}, { files: { loadavg: "2.0 2.0 2.0 3/100 1\n" } }).result;
  await expect(busyToo).rejects.toThrow(MachineBusy);
});

test("a search believes in a new best only beside another process of the baseline", async () => {
  const slowBaseline = { [CANDIDATE]: always(1), [BASELINE]: always(7), [TWIN]: always(1.1) };
  const { result, spawned } = measured(slowBaseline, { purpose: "search", bestSpeedup: 1.5 });
  expect((await result).measurements[0]?.speedup).toBeCloseTo(1.1);
  expect(spawned).toEqual(["twin"]);
});

test("a new best that another process of the baseline confirms stays one", async () => {
  const { result } = measured(quiet, { purpose: "search", bestSpeedup: 1.5 });
  expect((await result).measurements[0]?.speedup).toBeCloseTo(2);
});

test.each([
  ["no best to compare with", null],
  ["a better one already", 3],
])("a search with %s measures once", async (_what, bestSpeedup) => {
  const { result, spawned } = measured(quiet, { purpose: "search", bestSpeedup });
  expect((await result).measurements[0]?.speedup).toBeCloseTo(2);
  expect(spawned).toEqual([]);
});

const impossible = {
  ...limits,
  impossible: async (_workload: unknown, ms: number) => (ms < 2 ? "workload w: too fast" : null),
} as unknown as DeviceLimits;

test("what exceeds the machine is incorrect where it is quiet", async () => {
  const files = { loadavg: "0.1 0.1 0.1 1/100 1\n" };
  await expect(measured(quiet, {}, { files, limits: impossible }).result).rejects.toThrow(WrongOutput);
});

test.each(["search", "finalist"] as const)("on a busy machine it cannot be told (%s)", async (purpose) => {
  const files = { loadavg: "9.0 9.0 9.0 9/100 1\n" };
  const { result } = measured(quiet, { purpose }, { files, limits: impossible });
  await expect(result).rejects.toThrow(MachineBusy);
  await expect(result).rejects.toThrow("workload w: too fast, but other programs want 4.0 threads per core");
});
