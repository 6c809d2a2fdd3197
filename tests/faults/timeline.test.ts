import { expect, test } from "vitest";
import { absencesIn, describeAbsences, type Moment, takenBy } from "./timeline.ts";

const moment = (at: number, part: "coordinator" | "worker-0", is: "away" | "back"): Moment => ({
  ...{ at, text: "" },
  change: { part, is },
});

test("a part is away from its first end until it is back, as far as that lies in the stall", () => {
  const moments = [
    moment(0, "coordinator", "away"),
    moment(500, "coordinator", "away"),
    { at: 600, text: "something else" },
    moment(1_500, "worker-0", "away"),
    moment(2_000, "coordinator", "back"),
    moment(2_500, "coordinator", "away"),
    moment(2_600, "coordinator", "back"),
  ];
  const absences = absencesIn(moments, 1_000, 4_000);
  expect(absences).toEqual([
    { part: "worker-0", ms: 2_500 },
    { part: "coordinator", ms: 1_100 },
  ]);
  expect(describeAbsences(absences)).toBe("away of it: worker-0 2.5 s, coordinator 1.1 s");
  expect(describeAbsences(absencesIn(moments, 2_700, 2_700))).toBe("while no part was away");
});

test("a fault takes its target away, unless it ends a compiler or makes a connection slow", () => {
  expect(takenBy({ kind: "kill", target: "nats" })).toBe("nats");
  expect(takenBy({ kind: "cut", target: "evaluator-0", ms: 1 })).toBe("evaluator-0");
  expect(takenBy({ kind: "slow", target: "evaluator-0", ms: 1, delayMs: 1 })).toBeNull();
  expect(takenBy({ kind: "kill_compiler", target: "evaluator-0" })).toBeNull();
});
