import type { EvaluatorFault } from "@kevo/proto/evaluator-fault.ts";
import { expect, it } from "vitest";
import { EVALUATOR_TIMEOUT_MS, evaluatorTimeoutMs, Watchdog } from "./watchdog.ts";

function watched(hopeless = false, fault: EvaluatorFault | null = null) {
  const clock = { now: 0 };
  const fleet = {
    hopeless,
    trouble: "host:1: not reachable",
    firstFault: { fault, why: "not reachable" },
    shortfall: null,
  };
  const watchdog = new Watchdog("matmul", fleet, () => clock.now);
  return { clock, watchdog };
}

it("gives up only when no evaluator has served the run for long", () => {
  const { clock, watchdog } = watched();
  clock.now = EVALUATOR_TIMEOUT_MS;
  expect(watchdog.check(false, [])).toBeNull();
  expect(watchdog.check(true, [])).toBeNull();
  clock.now += EVALUATOR_TIMEOUT_MS;
  expect(watchdog.check(false, [])).toBeNull();
  clock.now += 1;
  expect(watchdog.check(false, [])?.message).toContain("No evaluator has served for 60 s: host:1: not reachable.");
  expect(watchdog.check(false, ["H200", "A100"])?.message).toContain("has served H200, A100 for 60 s");
  expect(watchdog.check(false, [])?.code).toBe("no_evaluator");
});

it("says why it waits and for how much longer, and waits as long as it was told to", () => {
  const clock = { now: 0 };
  const fleet = { hopeless: false, trouble: "host:1: not reachable", firstFault: null, shortfall: null };
  const watchdog = new Watchdog("matmul", fleet, () => clock.now, 600_000);
  clock.now = 100_500;
  expect(watchdog.check(false, [])).toBeNull();
  expect(watchdog.waiting).toBe("no evaluator serves (host:1: not reachable); giving up in 500 s, see --wait");
  clock.now = 600_001;
  expect(watchdog.check(false, [])?.message).toContain("for 600 s");
});

it("gives up at once where no evaluator can ever run the kernel", () => {
  expect(watched(true).watchdog.check(false, [])?.message).toBe("No evaluator can run matmul: host:1: not reachable.");
});

it("says by a code that the kernel is at fault, with what the evaluator said", () => {
  expect(watched(true, "baseline_failed").watchdog.check(false, [])).toMatchObject({
    code: "baseline_failed",
    detail: "not reachable",
  });
  expect(watched(true, "disk_full").watchdog.check(false, [])?.code).toBe("evaluators_unusable");
});

it("waits for ever below a stated floor, unless it was told how long", () => {
  const clock = { now: 0 };
  const fleet = { hopeless: false, trouble: "", firstFault: null, shortfall: "1 of the 3 evaluators serves" };
  const patient = new Watchdog("matmul", fleet, () => clock.now, evaluatorTimeoutMs({ min_evaluators: 3 }));
  const hurried = new Watchdog("matmul", fleet, () => clock.now, evaluatorTimeoutMs({ min_evaluators: 3, wait_s: 5 }));
  clock.now = 1e9;
  expect(patient.check(false, [])).toBeNull();
  expect(patient.waiting).toBe("1 of the 3 evaluators serves");
  expect(hurried.check(false, [])?.message).toMatch(/^Too few evaluators have served for 5 s: 1 of the 3 .* --wait\.$/);
});
