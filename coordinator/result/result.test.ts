import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Builder, buildLineage } from "../lineage/lineage-builder.fixture.ts";
import { buildResult, runResult } from "./result.ts";

let lineage: Builder;
beforeEach(() => {
  lineage = buildLineage();
});
afterEach(() => lineage.remove());

const result = (run: string) => buildResult(lineage.db, run, lineage.path);

describe("the result of a run", () => {
  it("counts every evaluation once, and answered candidates beside them", () => {
    const run = lineage.run();
    const first = lineage.candidate(run, { batch: 3, config: { tile: 16 }, proposer: "crossover" });
    lineage.ok(first, { speedups: { small: 2 } });
    lineage.candidate(run, { island: 1, config: { tile: 16 }, answeredBy: first });
    lineage.failed(lineage.candidate(run), "compile_error", "no");
    lineage.failed(lineage.candidate(run), "timeout", "slow");
    const waiting = lineage.candidate(run);
    lineage.candidate(run, { answeredBy: waiting });
    expect(result(run)).toEqual({
      run,
      status: "completed",
      ended_by: "budget_spent",
      kernel: "attention-cpu",
      backend: "cpu",
      islands: 2,
      evaluations: { total: 3, ok: 1, compile_error: 1, incorrect: 0, crashed: 0, timeout: 1, invalid: 0, cached: 1 },
      best: {
        candidate: first,
        config: { tile: 16 },
        speedup: expect.closeTo(2),
        speedup_low: expect.closeTo(1.98),
        speedup_high: expect.closeTo(2.02),
        time_ms: expect.closeTo(5),
        island: 0,
        batch: 3,
        proposer: "crossover",
        rounds: 0,
        comparison: "faster",
      },
      best_by_workload: {},
      best_by_device: {},
      failed_finalists: [],
      quietness: null,
      spend_usd: 0,
      elapsed_s: 60,
      db: lineage.path,
    });
  });

  it("has no best while nothing was measured, and holds nothing of other runs", () => {
    const other = lineage.run();
    lineage.ok(lineage.candidate(other), { speedups: { small: 9 } });
    // `run1` is the beginning of `run10`: ids of one run must not be taken for those of the other.
    const run = lineage.run({ id: `${other}0`, status: "stopped" });
    expect(result(run)).toMatchObject({ status: "stopped", best: null, evaluations: { total: 0 } });
  });

  it("prefers a finalist that was measured again to a single lucky evaluation", () => {
    const run = lineage.run();
    const lucky = lineage.candidate(run);
    const steady = lineage.candidate(run);
    const second = lineage.candidate(run);
    lineage.ok(lucky, { speedups: { small: 3 } });
    lineage.ok(steady, { speedups: { small: 2.4 } });
    lineage.ok(second, { speedups: { small: 2.5 } });
    lineage.measured(steady, { round: 1, speedups: { small: 2.2 } });
    lineage.measured(steady, { round: 2, speedups: { small: 2.4 } });
    lineage.measured(second, { round: 1, speedups: { small: 2.1 } });
    lineage.measured(second, { round: 2, speedups: { small: 2.2 } });
    const { best } = result(run);
    expect(best).toMatchObject({ candidate: steady, speedup: expect.closeTo(Math.sqrt(2.2 * 2.4)) });
    expect(best?.speedup_low).toBeGreaterThan(2.2);
    expect(best?.speedup_high).toBeLessThan(2.4);
  });

  it("leaves out a round that was cut off before all workloads were timed", () => {
    const run = lineage.run({ workloads: ["small", "large"] });
    const id = lineage.candidate(run);
    lineage.ok(id, { speedups: { small: 1.5, large: 1.5 } });
    lineage.measured(id, { round: 1, speedups: { small: 2, large: 2 } });
    lineage.measured(id, { round: 2, speedups: { small: 9 } });
    expect(result(run).best?.speedup).toBeCloseTo(2);
  });

  it("does not name a finalist that failed on fresh inputs, in whichever round", () => {
    const run = lineage.run();
    // As versions without data wrote it.
    const [never, later, unfinished, sound] = [1, 2, 3, 4].map(() => lineage.candidate(run)) as string[];
    for (const id of [never, later, unfinished, sound] as string[]) lineage.ok(id, { speedups: { small: 3 } });
    lineage.event(run, "finalist_failed", `${never} failed when measured again: incorrect`);
    expect(result(run).best?.candidate).toBe(later);
    lineage.measured(later as string, { round: 1, speedups: { small: 3 } });
    lineage.measured(unfinished as string, { round: 1, speedups: { small: 3 } });
    lineage.measured(sound as string, { round: 1, speedups: { small: 2 } });
    lineage.event(run, "finalist_failed", `${later} failed when measured again: crashed`);
    expect(result(run).best?.candidate).toBe(unfinished);
    lineage.measured(sound as string, { round: 2, speedups: { small: 2 } });
    expect(result(run).best?.candidate).toBe(sound);
    expect(result(run).failed_finalists).toEqual([
      { candidate: never, message: "incorrect" },
      { candidate: later, message: "crashed" },
    ]);
  });

  it("tells a single evaluation from finalists where all of these failed", () => {
    const niche = (workload: string) => ({ workloads: [workload], device: null });
    const run = lineage.run({ workloads: ["small", "large"], niches: [niche("small"), niche("large")] });
    const [wrong, next] = [lineage.candidate(run), lineage.candidate(run)];
    lineage.ok(wrong, { speedups: { small: 3 } });
    lineage.ok(next, { speedups: { small: 2 } });
    const sound = lineage.candidate(run, { island: 1 });
    lineage.ok(sound, { speedups: { large: 2 } });
    lineage.measured(sound, { round: 1, speedups: { large: 2 } });
    lineage.event(run, "finalist_failed", "a message that nobody parses", {
      candidate: wrong,
      message: "incorrect: off by 3",
    });
    const { failed_finalists, best_by_workload } = result(run);
    expect(failed_finalists).toEqual([{ candidate: wrong, message: "incorrect: off by 3" }]);
    expect(best_by_workload).toMatchObject({ small: { candidate: next, rounds: 0 }, large: { rounds: 1 } });
  });

  it("goes by time where there is no baseline", () => {
    const run = lineage.run({ backend: "replay" });
    lineage.ok(lineage.candidate(run), { times: { small: 4 } });
    const fast = lineage.candidate(run);
    lineage.ok(fast, { times: { small: 2 } });
    expect(result(run).best).toMatchObject({ candidate: fast, time_ms: expect.closeTo(2), speedup: null });
    const third = lineage.candidate(run);
    lineage.ok(third, { times: { small: 1 } });
    lineage.measured(third, { round: 1, times: { small: 5 } });
    lineage.measured(fast, { round: 1, times: { small: 2.1 } });
    expect(result(run).best).toMatchObject({ candidate: fast, speedup_low: null });
  });

  it("names the best of each workload, from the islands whose niche holds it", () => {
    const niche = (workload: string) => ({ workloads: [workload], device: null });
    const run = lineage.run({ workloads: ["small", "large"], niches: [niche("small"), niche("large")] });
    const small = lineage.candidate(run, { island: 0, config: { tile: 4 } });
    const large = lineage.candidate(run, { island: 1, config: { tile: 64 } });
    lineage.ok(small, { speedups: { small: 2 } });
    // A re-measurement covers every workload; only the niche's own counts.
    lineage.ok(large, { speedups: { large: 1.5 } });
    lineage.measured(large, { round: 1, speedups: { small: 7, large: 1.6 } });
    expect(result(run).best_by_workload).toEqual({
      small: {
        candidate: small,
        config: { tile: 4 },
        time_ms: expect.closeTo(5),
        speedup: expect.closeTo(2),
        speedup_low: expect.closeTo(1.98),
        speedup_high: expect.closeTo(2.02),
        rounds: 0,
      },
      large: expect.objectContaining({ candidate: large, speedup: expect.closeTo(1.6) }),
    });
  });

  it("names the best of each device, from the islands limited to it", () => {
    const niche = (device: string) => ({ workloads: null, device });
    const run = lineage.run({ backend: "replay", workloads: ["small"], niches: [niche("B"), niche("A"), niche("B")] });
    const record = (island: number, time: number) => {
      const candidate = lineage.candidate(run, { island, config: { tile: time } });
      lineage.ok(candidate, { times: { small: time } });
      return candidate;
    };
    record(0, 5);
    const slow = record(1, 9);
    const fast = record(2, 3);
    expect(result(run).best_by_device).toEqual({
      B: expect.objectContaining({ candidate: fast, config: { tile: 3 }, time_ms: expect.closeTo(3), speedup: null }),
      A: expect.objectContaining({ candidate: slow, time_ms: expect.closeTo(9) }),
    });
    expect(Object.keys(result(run).best_by_device)).toEqual(["B", "A"]);
    expect(result(run).best).toMatchObject({ candidate: fast });
  });

  it("survives the trip through one line of JSON", () => {
    const run = lineage.run();
    lineage.ok(lineage.candidate(run), { speedups: { small: 2 } });
    const line = JSON.stringify(result(run));
    expect(line).not.toContain("\n");
    expect(runResult.parse(JSON.parse(line))).toEqual(result(run));
  });
});
