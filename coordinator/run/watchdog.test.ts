import { expect, it } from "vitest";
import { EVALUATOR_TIMEOUT_MS, Watchdog } from "./watchdog.ts";

function watched(hopeless = false) {
  const clock = { now: 0 };
  const watchdog = new Watchdog("matmul", { hopeless, trouble: "host:1: not reachable" }, () => clock.now);
  return { clock, watchdog };
}

it("gives up only when nobody has served the run for long", () => {
  const { clock, watchdog } = watched();
  clock.now = EVALUATOR_TIMEOUT_MS;
  expect(watchdog.check(false, [])).toBeNull();
  expect(watchdog.check(true, [])).toBeNull();
  clock.now += EVALUATOR_TIMEOUT_MS;
  expect(watchdog.check(false, [])).toBeNull();
  clock.now += 1;
  expect(watchdog.check(false, [])?.message).toContain("No evaluator has served for 60 s: host:1: not reachable.");
  expect(watchdog.check(false, ["H200", "A100"])?.message).toContain("has served H200, A100 for 60 s");
});

it("gives up at once where no evaluator can ever run the kernel", () => {
  expect(watched(true).watchdog.check(false, [])?.message).toBe("No evaluator can run matmul: host:1: not reachable.");
});
