import { expect, it } from "vitest";
import { BusyWait } from "./busy-wait.ts";

const why = "the machine is too busy to measure: threads waited";

it("says once what it waits for, counts down, and gives up in the end", () => {
  const wait = new BusyWait(60_000);
  expect(wait.waiting(0)).toBeNull();
  expect(wait.refused(1_000, why)).toBe(`${why}. Waiting up to 60 s for a quieter moment (--wait)`);
  expect(wait.refused(31_000, why)).toBeNull();
  expect(wait.waiting(31_000)).toBe(`${why}; giving up in 30 s, see --wait`);
  expect(wait.over(61_000)).toBeNull();
  expect(wait.over(61_001)).toBe(why);
});

it("starts again once something was measured", () => {
  const wait = new BusyWait(60_000);
  wait.refused(0, why);
  wait.measured();
  expect(wait.waiting(50_000)).toBeNull();
  expect(wait.refused(50_000, why)).not.toBeNull();
  expect(wait.over(100_000)).toBeNull();
});
