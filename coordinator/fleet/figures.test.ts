import { expect, it } from "vitest";
import { hasRoom, shortfallOf } from "./bounds.ts";
import { type CountedEvaluator, figuresOf, fleetFigures } from "./figures.ts";

const gpu = (model: string, busyShare: number | null, state = "busy") => ({ model, state, busyShare });
const evaluator = (overrides: Partial<CountedEvaluator>): CountedEvaluator => ({
  state: "serving",
  credits: 8,
  inFlight: 0,
  devices: [gpu("H100", null)],
  ...overrides,
});
const idle = { waiting: new Map<string | null, number>(), inFlight: 0, left: 0, paused: false };

it("counts credits, busy shares and what waits, by device model and in all", () => {
  const figures = figuresOf(
    [
      evaluator({ inFlight: 6, devices: [gpu("H100", 1), gpu("H100", 0.5)] }),
      evaluator({ inFlight: 1, devices: [gpu("H100", 0), gpu("A100", 0.2, "quarantined")] }),
      evaluator({ state: "draining", inFlight: 3 }),
      evaluator({ state: "reserve" }),
      evaluator({ state: "lost" }),
    ],
    {
      waiting: new Map([
        ["A100", 4],
        [null, 2],
        ["B200", 1],
      ]),
      inFlight: 10,
      left: 100,
      paused: false,
    },
    { floor: 2, ceiling: 4 },
  );
  expect(fleetFigures.parse(figures)).toEqual(figures);
  expect(figures).toMatchObject({
    evaluators: { serving: 2, draining: 1, reserve: 1, away: 1, unusable: 0 },
    ...{ credits: 16, credits_free: 9, candidates_waiting: 7, candidates_in_flight: 10, evaluations_left: 100 },
    ...{ below_floor: false, evaluators_wanted: 4 },
  });
  expect(figures.busy_share).toBeCloseTo(1.7 / 4);
  expect(figures.models).toMatchObject([
    { model: "A100", evaluators: 1, devices: 1, devices_quarantined: 1, busy_share: 0.2, candidates_waiting: 4 },
    { model: "B200", evaluators: 0, devices: 0, busy_share: null, credits: 0, candidates_waiting: 1 },
    { model: "H100", evaluators: 2, devices: 3, busy_share: 0.5, credits: 16, credits_free: 9, candidates_waiting: 0 },
  ]);
});

it.each([
  ["nothing is left to do", [evaluator({})], idle, { floor: 3, ceiling: 9 }, 0],
  ["none has come yet", [], { ...idle, left: 50 }, { floor: 3, ceiling: 9 }, 9],
  [
    "the rest fits a few",
    [evaluator({}), evaluator({})],
    { ...idle, inFlight: 8, left: 9 },
    { floor: 0, ceiling: 9 },
    3,
  ],
  ["the floor is above the work", [evaluator({})], { ...idle, left: 1 }, { floor: 3, ceiling: 9 }, 3],
  ["only the clock limits the run", [evaluator({})], { ...idle, left: null }, { floor: 0, ceiling: 9 }, 9],
  ["it is paused", [evaluator({})], { ...idle, inFlight: 8, left: 5000, paused: true }, { floor: 3, ceiling: 9 }, 3],
  ["no ceiling is stated", [evaluator({})], { ...idle, left: 5000 }, { floor: 3, ceiling: null }, null],
])("wants as many evaluators as there is work for: %s", (_case, evaluators, work, bounds, wanted) => {
  expect(figuresOf(evaluators, work, bounds).evaluators_wanted).toBe(wanted);
});

it("takes no more than the ceiling, and says how many are missing to the floor", () => {
  expect([hasRoom({ floor: 0, ceiling: 2 }, 1), hasRoom({ floor: 0, ceiling: 2 }, 2)]).toEqual([true, false]);
  expect(hasRoom({ floor: 0, ceiling: null }, 1000)).toBe(true);
  expect(shortfallOf({ floor: 3, ceiling: null }, 3)).toBeNull();
  expect(shortfallOf({ floor: 3, ceiling: null }, 1)).toBe(
    "1 of the 3 evaluators that --min-evaluators requires serves",
  );
});
