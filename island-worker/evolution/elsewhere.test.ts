import type { RunSpec } from "@kevo/proto/run.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { describe, expect, test } from "vitest";
import { favouritesElsewhere } from "./elsewhere.ts";
import { askedEntry, evaluatedEntry, openedEntry, ridge, ridgeTime, specOf } from "./fixture.ts";
import { ask, openIsland } from "./island.ts";
import { applyKnowledge, type Knowledge, openKnowledge } from "./knowledge.ts";

const on = (...niches: RunSpec["islands"][number]["niche"][]) =>
  specOf({ workloads: ["one", "two"], islands: niches.map((niche, index) => ({ index, niche })) });
const twoDevices = on({ workloads: null, device: "A" }, { workloads: null, device: "B" });

const optimum: Config = { BLOCK: 16, TILE: 4, STAGES: 3, LAYOUT: "tiles", FAST: true, ORDER: ["k", "i", "j"] };
/** Within 5 % of it: the same time, another order of the rest. */
const twin: Config = { ...optimum, ORDER: ["k", "j", "i"] };
/** Thirty others, all of them far slower. */
const slow: Config[] = [1, 2, 4, 8, 16, 32].flatMap((BLOCK) =>
  [1, 2, 3, 4, 5].map((STAGES) => ({ BLOCK, TILE: 1, STAGES, LAYOUT: "columns", FAST: false, ORDER: ["i", "j", "k"] })),
);
const keyOf = (config: Config) => ridge.keyOf(ridge.encode(config));

function tell(knowledge: Knowledge, island: number, configs: readonly Config[], timeOf = ridgeTime): void {
  const { spec, next } = knowledge;
  if (next[island] === 0) applyKnowledge(knowledge, openedEntry(spec, island));
  const k = next[island] as number;
  const proposals = configs.map((config) => ({ config, source: null, proposer: "seed", parents: [], reason: null }));
  const asked = askedEntry(spec, island, k, k, proposals);
  applyKnowledge(knowledge, asked);
  for (const [at, { id, config }] of asked.candidates.entries()) {
    applyKnowledge(knowledge, evaluatedEntry(spec, island, k + 1 + at, id, timeOf(config)));
  }
}

function told(spec: RunSpec, configs: readonly Config[]): Knowledge {
  const knowledge = openKnowledge(ridge, spec);
  tell(knowledge, 0, configs);
  return knowledge;
}

/** Keys of what island 1 is offered. */
function offered(knowledge: Knowledge, taken: readonly Config[] = []): (number | string)[] {
  const keys = new Set(taken.map(keyOf));
  return favouritesElsewhere(knowledge, 1, (key) => keys.has(key)).map(({ genes }) => ridge.keyOf(genes));
}

describe("what other devices favour", () => {
  test("is what does nearly best there and was not tried here", () => {
    const knowledge = told(twoDevices, [...slow, optimum, twin]);
    expect(offered(knowledge)).toEqual([keyOf(optimum), keyOf(twin)]);
    expect(offered(knowledge, [optimum])).toEqual([keyOf(twin)]);
    expect(favouritesElsewhere(knowledge, 0, () => false)).toEqual([]);
  });

  test("is nothing before enough is known there, with --sync, or where the workloads differ", () => {
    expect(offered(told(twoDevices, [...slow.slice(0, 10), optimum]))).toEqual([]);
    expect(offered(told({ ...twoDevices, sync: true }, [...slow, optimum]))).toEqual([]);
    const others = on({ workloads: ["one"], device: "A" }, { workloads: ["two"], device: "B" });
    expect(offered(told(others, [...slow, optimum]))).toEqual([]);
  });

  test("counts for less the more of its kind have disappointed here, and never for less than it is", () => {
    const favourOf = (knowledge: Knowledge) =>
      favouritesElsewhere(knowledge, 1, (key) => key !== keyOf(optimum))[0]?.favour as number;
    const kind = ["i", "j"].flatMap((second) =>
      [2, 3, 4].map((STAGES) => ({ ...optimum, STAGES, ORDER: ["k", second, second === "i" ? "j" : "i"] })),
    );
    const knowledge = told(twoDevices, [...slow, ...kind]);
    const before = favourOf(knowledge);
    tell(knowledge, 1, [...slow.slice(0, 3), twin], (config) => (config.LAYOUT === "tiles" ? 9 : 1));
    const once = favourOf(knowledge);
    tell(knowledge, 1, [...kind.filter(({ STAGES }) => STAGES !== 3)], () => 9);
    expect(before).toBeGreaterThan(once);
    expect(once).toBeGreaterThan(favourOf(knowledge));
    expect(favourOf(knowledge)).toBeGreaterThanOrEqual(1);
  });

  test("is soon tried by an island whose own results say nothing of it", () => {
    const knowledge = told(twoDevices, [...slow, optimum]);
    tell(knowledge, 1, slow.slice(0, 18), ({ STAGES }) => 1 + 0.01 * ((STAGES as number) % 2));
    const island = openIsland(ridge, openedEntry(twoDevices, 1));
    const proposals = ask(island, knowledge, { k: 0, count: 3, migrants: [] });
    const kin = proposals.filter(({ proposer }) => proposer === "kin").map(({ config }) => keyOf(config));
    expect(kin).toEqual([keyOf(optimum)]);
  });
});
