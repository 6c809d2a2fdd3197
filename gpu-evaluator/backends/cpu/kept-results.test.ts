import { expect, test } from "vitest";
import { cheaperThan } from "./kept-results.ts";

test.each<[string, number[], number[], number]>([
  ["repeated calls from memory", [5, 6, 5.5], [0.1, 0.2, 0.1], 3],
  ["the same time", [5, 6, 5.5], [5.1, 5, 6.2], 0],
  ["a busy machine in the way of all new calls but one", [50, 60, 5, 70], [5, 5, 5, 5], 0],
  ["a busy machine in the way of one repeated call", [5, 5, 5], [0.1, 4, 0.1], 2],
  ["calls so short that nothing can be said", [0.012, 0.011], [0.001, 0.002], 0],
])("%s", (_what, fresh, repeated, cheaper) => expect(cheaperThan(fresh, repeated)).toBe(cheaper));
