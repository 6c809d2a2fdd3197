import { expect, test } from "vitest";
import type { Ancestor, Descent } from "../../../contract/candidates.ts";
import { asOf } from "./as-of.ts";

const node = (candidate: string, evaluation: number | null): Ancestor => ({
  ...{ candidate, evaluation, depth: 0, island: 0, batch: 0, proposer: "mutation", status: "ok", migrant: false },
  ...{ measured: { value: 2, low: null, high: null }, config: {}, children: 0 },
});
const edge = (parent: string, child: string): Descent => ({
  parent,
  child,
  changes: [],
  code_changed: false,
  gain: 1.1,
});
const graph = {
  nodes: [node("child", 12), node("parent", 9), node("cached", null)],
  edges: [edge("parent", "child"), edge("cached", "parent")],
};

test("a result that came later is not known, nor what it earned", () => {
  const { nodes, edges } = asOf(graph, 10);
  expect(nodes.map(({ status, measured }) => [status, measured?.value ?? null])).toEqual([
    ["pending", null],
    ["ok", 2],
    ["ok", 2],
  ]);
  expect(edges.map(({ gain }) => gain)).toEqual([null, 1.1]);
});

test("at its own evaluation, and now, a result is known", () => {
  expect(asOf(graph, 12)).toEqual(graph);
  expect(asOf(graph, null)).toBe(graph);
});
