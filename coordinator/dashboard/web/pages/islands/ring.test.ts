import { expect, test } from "vitest";
import { arcsOf, placesOf } from "./ring.ts";

test("islands stand on a circle within the drawing, one alone in its middle", () => {
  expect(placesOf(1, 200, 30)).toEqual([{ x: 100, y: 100 }]);
  const places = placesOf(5, 200, 30);
  expect(places[0]).toEqual({ x: 100, y: 30 });
  for (const { x, y } of places) expect(Math.hypot(x - 100, y - 100)).toBeCloseTo(70, 0);
});

test("both directions of a pair have a line of their own, the busier one is wider", () => {
  const arcs = arcsOf(
    [
      { from: 0, to: 1, migrations: 8 },
      { from: 1, to: 0, migrations: 2 },
    ],
    placesOf(2, 200, 30),
    20,
  );
  expect(arcs[0]?.path).not.toBe(arcs[1]?.path);
  expect(arcs[0]?.width).toBeGreaterThan(arcs[1]?.width as number);
});

test("an edge of an island that is not there, or to itself, is left out", () => {
  const edges = [
    { from: 0, to: 7, migrations: 1 },
    { from: 1, to: 1, migrations: 1 },
  ];
  expect(arcsOf(edges, placesOf(2, 200, 30), 20)).toEqual([]);
});
