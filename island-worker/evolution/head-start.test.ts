import type { RunSpec } from "@kevo/proto/run.ts";
import { expect, it } from "vitest";
import { askedEntry, evaluatedEntry, openedEntry, ridge, ridgeTime, specOf } from "./fixture.ts";
import { headStartOf, isLed, waits } from "./head-start.ts";
import { ask, openIsland } from "./island.ts";
import { applyKnowledge, type Knowledge, openKnowledge } from "./knowledge.ts";

const DEVICES = ["A", "B", "A", "B"];
const islands = DEVICES.map((device, index) => ({ index, niche: { workloads: null, device } }));

function open(changes: Partial<RunSpec> = {}): { knowledge: Knowledge; tell: (island: number, count: number) => void } {
  const spec = specOf({ islands, evaluations: 100, ...changes });
  const knowledge = openKnowledge(ridge, spec);
  for (const { index } of spec.islands) applyKnowledge(knowledge, openedEntry(spec, index));
  const tell = (index: number, count: number) => {
    const state = openIsland(ridge, openedEntry(spec, index));
    const n = knowledge.next[index] as number;
    const proposals = ask(state, knowledge, { k: n, count, migrants: [] });
    const entry = askedEntry(spec, index, n, n, proposals);
    applyKnowledge(knowledge, entry);
    for (const [at, { id, config }] of entry.candidates.entries()) {
      applyKnowledge(knowledge, evaluatedEntry(spec, index, n + 1 + at, id, ridgeTime(config)));
    }
  };
  return { knowledge, tell };
}
const waiting = (knowledge: Knowledge) => DEVICES.map((_, island) => waits(knowledge, island));

it("gives each device its start in the order of the islands, and then lets all of them ask", () => {
  const { knowledge, tell } = open();
  expect(headStartOf(knowledge)).toBe(20);
  expect(waiting(knowledge)).toEqual([false, true, false, true]);
  tell(0, 12);
  expect(waiting(knowledge)).toEqual([false, true, false, true]);
  tell(2, 8);
  expect(waiting(knowledge)).toEqual([true, false, true, false]);
  tell(1, 20);
  expect(waiting(knowledge)).toEqual([false, false, false, false]);
  expect([0, 1, 2, 3].map((island) => isLed(knowledge, island))).toEqual([false, true, false, true]);
});

it("holds nobody up where islands ask at once, the time may end first, sources evolve, or devices are not told apart", () => {
  const alone = islands.map((island) => ({ ...island, niche: { workloads: null, device: null } }));
  const each = islands.map((island) => ({ ...island, niche: { workloads: [String(island.index)], device: null } }));
  const cases: Partial<RunSpec>[] = [
    { sync: true },
    { time_s: 60 },
    { search: "random" },
    { evolves_source: "attention" },
    { islands: alone },
    { islands: each },
  ];
  for (const changes of cases) {
    const { knowledge } = open(changes);
    expect(waiting(knowledge)).toEqual([false, false, false, false]);
    expect(isLed(knowledge, 1)).toBe(false);
  }
});

it("lets a device that begins later try what did well before it", () => {
  const { knowledge, tell } = open();
  tell(0, 20);
  const state = openIsland(ridge, openedEntry(knowledge.spec, 1));
  const proposals = ask(state, knowledge, { k: 0, count: 6, migrants: [] });
  expect(proposals.filter(({ proposer }) => proposer === "kin")).toHaveLength(3);
});
