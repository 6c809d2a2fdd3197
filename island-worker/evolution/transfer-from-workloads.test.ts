import type { RunSpec } from "@kevo/proto/run.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { describe, expect, test } from "vitest";
import { ask, openIsland } from "./island.ts";
import { applyKnowledge, openKnowledge } from "./knowledge.ts";
import { askedEntry, evaluatedEntry, openedEntry, ridge, ridgeTime, specOf, tell } from "./ridge.fixture.ts";
import { transferFromWorkloads } from "./transfer-from-workloads.ts";

const NICHES = 6;
const workloads = Array.from({ length: NICHES }, (_, index) => `w${index}`);
const spec: RunSpec = specOf({
  workloads,
  islands: workloads.map((workload, index) => ({ index, niche: { workloads: [workload], device: null } })),
});
const optimum: Config = { BLOCK: 16, TILE: 4, STAGES: 3, LAYOUT: "tiles", FAST: true, ORDER: ["k", "i", "j"] };
const proposal = (config: Config) => ({ config, source: null, proposer: "seed", parents: [], reason: null });

/** Knowledge of a run in which island 0 was told of these configurations. */
function taught(configs: readonly Config[], time: (config: Config) => number | null) {
  const knowledge = openKnowledge(ridge, spec);
  applyKnowledge(knowledge, openedEntry(spec, 0));
  const asked = askedEntry(spec, 0, 1, 0, configs.map(proposal));
  applyKnowledge(knowledge, asked);
  for (const [at, { id, config }] of asked.candidates.entries()) {
    applyKnowledge(knowledge, evaluatedEntry(spec, 0, 2 + at, id, time(config)));
  }
  return knowledge;
}

const others: Config[] = [1, 2, 5].map((STAGES) => ({ ...optimum, STAGES, LAYOUT: "rows" }));

describe("transfer", () => {
  test("another niche's best is offered once, its failures never", () => {
    const knowledge = taught([...others, optimum, { ...optimum, BLOCK: 64, STAGES: 5 }], ridgeTime);
    const genes = ridge.encode(optimum);
    const found = transferFromWorkloads(knowledge, 1, () => false, 16);
    expect(found.map(({ genes }) => ridge.decode(genes))).toEqual(
      [optimum, ...others.toReversed()].slice(0, found.length),
    );
    expect(found.length).toBeGreaterThan(0);
    const after = transferFromWorkloads(knowledge, 1, (key) => key === ridge.keyOf(genes), 16);
    expect(after.map(({ genes }) => genes)).not.toContainEqual(genes);
    expect(transferFromWorkloads(knowledge, 0, () => false, 16)).toEqual([]);
  });

  test("what did well on the most similar workloads comes first", () => {
    const kernel = {
      features: ["width"],
      workloads: workloads.map((name, at) => ({ name, shape: { width: 2 ** at, length: 1 } })),
    };
    const knowledge = openKnowledge(ridge, spec, kernel);
    const best = [optimum, { ...optimum, STAGES: 2 }];
    // On workloads 0 and 5 another configuration is the best, by the same factor.
    for (const [island, favourite] of [0, 5].entries()) {
      const timeOf = (config: Config) => (config.STAGES === best[island]?.STAGES ? 1 : 1.4);
      tell(knowledge, favourite, [...best, ...others.slice(0, 1)], timeOf);
    }
    const firstOn = (island: number) => {
      const [first] = transferFromWorkloads(knowledge, island, () => false, 1);
      return first && ridge.decode(first.genes).STAGES;
    };
    expect([1, 2, 3, 4].map(firstOn)).toEqual([3, 3, 2, 2]);
  });

  test("what one niche found is soon tried on all of them", () => {
    const knowledge = taught([...others, optimum], ridgeTime);
    const proposed = workloads.slice(1).map((_, index) => {
      const island = openIsland(ridge, openedEntry(spec, index + 1));
      return ask(island, knowledge, { k: 0, count: 3, migrants: [] }).map(({ config }) =>
        ridge.keyOf(ridge.encode(config)),
      );
    });
    for (const keys of proposed) expect(keys).toContain(ridge.keyOf(ridge.encode(optimum)));
  });
});
