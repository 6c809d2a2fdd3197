import { openSpace } from "@kevo/core/search-space/search-space.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { describe, expect, test } from "vitest";
import { leavesBudgetToOthers } from "./budget-allocation.ts";
import { type Knowledge, openKnowledge } from "./knowledge.ts";
import { ridge, specOf, tell } from "./ridge.fixture.ts";

const devices = (names: readonly string[], changes: Partial<RunSpec> = {}) =>
  specOf({ islands: names.map((device, index) => ({ index, niche: { workloads: null, device } })), ...changes });
const three = ["A", "B", "C"];

/** Distinct configurations, none of which is `best` or `other`. */
const configs: Config[] = [1, 2, 4, 8, 16, 32].flatMap((BLOCK) =>
  [1, 2, 3, 4, 5, 6, 8].flatMap((TILE) =>
    [1, 2, 3, 4, 5].flatMap((STAGES) =>
      [true, false].map((FAST) => ({ BLOCK, TILE, STAGES, LAYOUT: "rows", FAST, ORDER: ["i", "j", "k"] })),
    ),
  ),
);
const best: Config = { BLOCK: 16, TILE: 4, STAGES: 3, LAYOUT: "tiles", FAST: true, ORDER: ["k", "i", "j"] };
const other: Config = { ...best, LAYOUT: "columns" };

/** After `count` results of each island, the last of them by far the best. */
function after(count: number, ends: readonly Config[], spec: RunSpec, space = ridge): Knowledge {
  const knowledge = openKnowledge(space, spec);
  for (const [island, end] of ends.entries()) {
    tell(knowledge, island, [...configs.slice(0, count - 1), end], (config) => (config === end ? 1 : 9));
  }
  return knowledge;
}
const waiting = (knowledge: Knowledge, goesOn = (_: number) => true) =>
  knowledge.spec.islands
    .filter(({ index }) => leavesBudgetToOthers(knowledge, index, goesOn))
    .map(({ index }) => index);

describe("a device leaves the budget to others", () => {
  test("by devices that agree, until the rest has had three times as many evaluations", () => {
    const knowledge = after(110, [best, best, other], devices(three));
    expect(waiting(knowledge)).toEqual([0, 1]);
    tell(knowledge, 2, configs.slice(109, 109 + 219), () => 9);
    expect(waiting(knowledge)).toEqual([0, 1]);
    tell(knowledge, 2, configs.slice(109 + 219, 109 + 220), () => 9);
    expect(waiting(knowledge)).toEqual([]);
  });

  test("no longer once one device finds a better configuration that the others do not know", () => {
    const knowledge = after(110, [best, best, other], devices(three));
    tell(knowledge, 0, configs.slice(110, 111), () => 0.9);
    expect(waiting(knowledge)).toEqual([]);
    tell(knowledge, 1, configs.slice(110, 111), () => 1.02);
    expect(waiting(knowledge)).toEqual([0, 1]);
  });

  test("by no device where all agree, none does, or too little is known", () => {
    expect(waiting(after(110, [best, best, best], devices(three)))).toEqual([]);
    expect(waiting(after(110, [best, other, configs[200] as Config], devices(three)))).toEqual([]);
    expect(waiting(after(95, [best, best, other], devices(three)))).toEqual([]);
    expect(waiting(after(110, [best, best], devices(["A", "B"])))).toEqual([]);
  });

  test("by all islands of a device, and to one that has an evaluator", () => {
    const knowledge = after(110, [best, best, other], devices([...three, ...three]));
    expect(waiting(knowledge)).toEqual([0, 1, 3, 4]);
    expect(waiting(knowledge, (island) => island === 5)).toEqual([0, 1, 3, 4]);
    expect(waiting(knowledge, (island) => island !== 2 && island !== 5)).toEqual([]);
  });

  test("to no device that has tried the whole space", () => {
    const numbers = Array.from({ length: 120 }, (_, at) => at);
    const small = openSpace({ parameters: [{ name: "N", type: "ordinal", values: numbers }], constraints: [] });
    const spec = devices(three);
    const knowledge = openKnowledge(small, spec);
    const told = (island: number, to: number, bottom: number) =>
      tell(
        knowledge,
        island,
        numbers.slice(0, to).map((N) => ({ N })),
        ({ N }) => (N === bottom ? 1 : 9),
      );
    told(0, 110, 7);
    told(1, 110, 7);
    told(2, 119, 8);
    expect(waiting(knowledge)).toEqual([0, 1]);
    tell(knowledge, 2, [{ N: 119 }], () => 9);
    expect(waiting(knowledge)).toEqual([]);
  });

  test("never with --sync, against the clock, or where sources evolve or chance searches", () => {
    const evolves_source = "0".repeat(64);
    for (const changes of [{ sync: true }, { time_s: 60 }, { evolves_source }, { search: "random" } as const]) {
      expect(waiting(after(110, [best, best, other], devices(three, changes)))).toEqual([]);
    }
  });
});
