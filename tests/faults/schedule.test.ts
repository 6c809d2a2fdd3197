import { expect, test } from "vitest";
import { describeFault, scheduleOf } from "./schedule.ts";

test("a seed repeats a schedule, and another seed makes another", () => {
  expect(scheduleOf(7, 100, 5)).toEqual(scheduleOf(7, 100, 5));
  expect(scheduleOf(8, 100, 5)).not.toEqual(scheduleOf(7, 100, 5));
  // A shorter run meets the beginning of the same schedule.
  expect(scheduleOf(7, 100, 5).slice(0, 20)).toEqual(scheduleOf(7, 20, 5));
});

test("faults come one after the other, within the run, and a run of hundreds meets every kind on every process", () => {
  const schedule = scheduleOf(1, 1_000, 5);
  for (const [at, { number, after }] of schedule.entries()) {
    expect(number).toBe(at);
    expect(after).toBeGreaterThan(at * 5);
    expect(after).toBeLessThanOrEqual((at + 1) * 5);
  }
  const kinds = new Set(schedule.map(({ fault }) => `${fault.kind} ${fault.target}`));
  const everywhere = ["worker-0", "worker-1", "evaluator-0", "evaluator-1", "coordinator", "nats"];
  for (const target of everywhere) for (const kind of ["kill", "stop"]) expect(kinds).toContain(`${kind} ${target}`);
  for (const kind of ["cut worker-0", "slow evaluator-1", "disk_full volume", "clock coordinator"]) {
    expect(kinds).toContain(kind);
  }
  for (const kind of ["kill_compiler", "stop_compiler"]) expect(kinds).toContain(`${kind} evaluator-0`);
});

test("a worker is stopped for longer than its lease lasts", () => {
  const stops = scheduleOf(1, 1_000, 5).flatMap(({ fault }) =>
    fault.kind === "stop" && fault.target.startsWith("worker") ? [fault.ms] : [],
  );
  expect(Math.min(...stops)).toBeGreaterThan(5_000);
  expect(describeFault({ kind: "stop", target: "worker-0", ms: 6_000 })).toBe("stop worker-0 for 6000 ms");
});
