import fc from "fast-check";
import { expect, test } from "vitest";
import { advance, nextMark, otherSpeed } from "./advance.ts";

test("a replay moves by its speed, and keeps parts of an evaluation", () => {
  expect(advance(10, 0, 1000, 5, 100)).toEqual({ position: 15, rest: 0, ended: false });
  expect(advance(10, 0.5, 100, 5, 100)).toEqual({ position: 11, rest: 0, ended: false });
  expect(advance(10, 0, 100, 5, 100)).toMatchObject({ position: 10, rest: 0.5 });
});

test("it ends at the run's end, not after it", () => {
  expect(advance(98, 0, 10_000, 1000, 100)).toEqual({ position: 100, rest: 0, ended: true });
  expect(advance(100, 0, 0, 1, 100).ended).toBe(true);
});

test("however the time is cut into steps, the same evaluations pass", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 64 }), { maxLength: 60 }), (steps) => {
      let state = { position: 0, rest: 0, ended: false };
      for (const ms of steps) state = advance(state.position, state.rest, ms * 31.25, 32, 1e9);
      expect(state.position).toBe(steps.reduce((sum, ms) => sum + ms, 0));
    }),
  );
});

test("marks are found in both directions", () => {
  expect(nextMark([30, 10, 20], 10, 1, 50)).toBe(20);
  expect(nextMark([30, 10, 20], 10, -1, 50)).toBe(0);
  expect(nextMark([30, 10, 20], 31, -1, 50)).toBe(30);
  expect(nextMark([30], 30, 1, 50)).toBe(50);
});

test("speeds stay within their range", () => {
  expect(otherSpeed(1, -1)).toBe(1);
  expect(otherSpeed(10, 1)).toBe(25);
  expect(otherSpeed(1000, 1)).toBe(1000);
});
