import { expect, test } from "vitest";
import { reservations } from "./reservations.ts";

const again = { workload: "a", rounds: 3, speedup: 1.4, isBaseline: false };
const once = { ...again, workload: "b", rounds: 0 };

test("nothing is said of a finished run whose finalists were measured again", () => {
  expect(reservations({ id: "r", status: "completed" }, [again])).toEqual([]);
  expect(reservations({ id: "r", status: "stopped" }, [again])).toEqual([]);
});

test("a run that has not ended is named, whatever was measured", () => {
  for (const status of ["running", "interrupted"] as const)
    expect(reservations({ id: "r", status }, [again])).toEqual([expect.stringContaining("The run r has not ended")]);
});

test("times of single evaluations are named, but not those of a baseline or of a replay", () => {
  const of = (...winners: (typeof again)[]) => reservations({ id: "r", status: "stopped" }, winners);
  expect(of(again, once, { ...once, workload: "c" })).toEqual([
    "The times of b, c are from a single evaluation, which is partly luck: no finalist was measured again.",
  ]);
  expect(of({ ...once, isBaseline: true })).toEqual([]);
  expect(reservations({ id: "r", status: "stopped" }, [{ ...once, speedup: null }])).toEqual([]);
});
