import type { RunSpec } from "@kevo/proto/run.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { expect, test } from "vitest";
import { ask, openIsland } from "./island.ts";
import { openKnowledge } from "./knowledge.ts";
import { openedEntry, ridge, specOf, tell } from "./ridge.fixture.ts";

const optimum: Config = { BLOCK: 16, TILE: 4, STAGES: 3, LAYOUT: "tiles", FAST: true, ORDER: ["k", "i", "j"] };
const known = [1, 2, 3, 4].map((STAGES): Config => ({ ...optimum, STAGES }));
const niche = { workloads: null, device: null };
const spec: RunSpec = specOf({
  known_good: {
    configurations: known.map((config, at) => ({ genes: [...ridge.encode(config)], run: at === 1 ? "earlier" : null })),
    order: { '[["one"],null]': [3, 1, 0, 2] },
  },
});

const asked = (of: RunSpec, island: number, count = 3) =>
  ask(openIsland(ridge, openedEntry(of, island)), openKnowledge(ridge, of), { k: 0, count, migrants: [] });

test("an island proposes what is known to be good first, and says where it comes from", () => {
  expect(asked(spec, 0)).toMatchObject([
    { config: known[3], proposer: "known" },
    { config: known[1], proposer: "prior" },
    { config: known[0], proposer: "known" },
  ]);
});

test("what was evaluated, or is on its way, is not proposed again", () => {
  const knowledge = openKnowledge(ridge, spec);
  tell(knowledge, 0, [known[3] as Config, known[0] as Config]);
  const next = ask(openIsland(ridge, openedEntry(spec, 1)), knowledge, { k: 0, count: 3, migrants: [] });
  expect(next.map(({ proposer }) => proposer)).toEqual(["prior", "known", "seed"]);
});

test("with --sync the islands of a niche divide it among themselves", () => {
  const inStep = { ...spec, sync: true, islands: [0, 1].map((index) => ({ index, niche })) };
  const first = [0, 1].flatMap((island) => asked(inStep, island, 2).map(({ config }) => config));
  expect(first).toEqual([known[3], known[0], known[1], known[2]]);
});

test("nothing else changes: a run that knows nothing proposes as ever", () => {
  const { known_good: _, ...without } = spec;
  const empty = { ...spec, known_good: { configurations: [], order: {} } };
  expect(asked(without, 0, 8)).toEqual(asked(empty, 0, 8));
  expect(asked(without, 0, 8).every(({ proposer }) => proposer === "seed")).toBe(true);
});
