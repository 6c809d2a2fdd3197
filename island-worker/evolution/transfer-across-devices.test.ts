import { labelledRandom } from "@kevo/core/random/random.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { describe, expect, test } from "vitest";
import { ask, openIsland } from "./island.ts";
import { type Knowledge, openKnowledge } from "./knowledge.ts";
import { openedEntry, ridge, specOf, tell } from "./ridge.fixture.ts";
import { transferAcrossDevices } from "./transfer-across-devices.ts";

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

function told(spec: RunSpec, configs: readonly Config[]): Knowledge {
  const knowledge = openKnowledge(ridge, spec);
  tell(knowledge, 0, configs);
  return knowledge;
}

/** Keys of what an island is offered. */
function offered(knowledge: Knowledge, taken: readonly Config[] = [], island = 1, label = "draw"): (number | string)[] {
  const keys = new Set(taken.map(keyOf));
  const genes = transferAcrossDevices(knowledge, island, labelledRandom(label), (key) => keys.has(key));
  return genes.map((each) => ridge.keyOf(each));
}

/** In how many of a hundred draws. */
function timesOffered(knowledge: Knowledge): number {
  return Array.from({ length: 100 }, (_, at) => offered(knowledge, [], 1, `${at}`)).filter(({ length }) => length > 0)
    .length;
}

describe("what other devices favour", () => {
  test("is what does nearly best there and was not tried here", () => {
    const knowledge = told(twoDevices, [...slow, optimum, twin]);
    expect(offered(knowledge)).toEqual([keyOf(optimum), keyOf(twin)]);
    expect(offered(knowledge, [optimum])).toEqual([keyOf(twin)]);
    expect(offered(knowledge, [], 0)).toEqual([]);
  });

  test("is nothing before enough is known there, with --sync, or where the workloads differ", () => {
    expect(offered(told(twoDevices, [...slow.slice(0, 10), optimum]))).toEqual([]);
    expect(offered(told({ ...twoDevices, sync: true }, [...slow, optimum]))).toEqual([]);
    const others = on({ workloads: ["one"], device: "A" }, { workloads: ["two"], device: "B" });
    expect(offered(told(others, [...slow, optimum]))).toEqual([]);
  });

  test("is offered less often the more of its kind have disappointed here, and as ever where they did well", () => {
    const kind = ["i", "j"].flatMap((second) =>
      [2, 3, 4].map((STAGES) => ({ ...optimum, STAGES, ORDER: ["k", second, second === "i" ? "j" : "i"] })),
    );
    const tried = kind.filter(({ STAGES }) => STAGES !== 3);
    const other = told(twoDevices, [...slow, ...kind]);
    expect(timesOffered(other)).toBe(100);
    tell(other, 1, [...slow.slice(0, 3), ...tried.slice(0, 2)], (config) => (config.LAYOUT === "tiles" ? 9 : 1));
    const once = timesOffered(other);
    tell(other, 1, tried.slice(2), () => 9);
    expect(once).toBeLessThan(100);
    expect(timesOffered(other)).toBeLessThan(once);
    expect(timesOffered(other)).toBeGreaterThan(0);

    const alike = told(twoDevices, [...slow, ...kind]);
    tell(alike, 1, [...slow.slice(0, 3), ...tried], (config) => (config.LAYOUT === "tiles" ? 1 : 9));
    expect(timesOffered(alike)).toBe(100);
  });

  test("is tried in place of offspring, by an island that expects nothing of it", () => {
    const knowledge = told(twoDevices, [...slow, optimum]);
    tell(knowledge, 1, slow.slice(0, 18), ({ STAGES }) => 1 + 0.01 * ((STAGES as number) % 2));
    const island = openIsland(ridge, openedEntry(twoDevices, 1));
    const proposers = Array.from({ length: 60 }, (_, k) => ask(island, knowledge, { k, count: 1, migrants: [] })[0]);
    const transferred = proposers.filter((proposal) => proposal?.proposer === "transfer");
    expect(transferred.length).toBeGreaterThan(0);
    for (const proposal of transferred) expect(keyOf(proposal?.config as Config)).toBe(keyOf(optimum));
    const operators = ["mutation", "crossover", "differential_evolution", "random"];
    expect(proposers.filter((proposal) => operators.includes(proposal?.proposer ?? ""))).toEqual([]);
  });
});
