import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { specOf } from "@kevo/proto/run.fixture.ts";
import { UNLIMITED_EVALUATIONS } from "@kevo/proto/run.ts";
import { expect, it } from "vitest";
import type { Fleet } from "../dispatch/fleet.ts";
import { LedgerState } from "../ledger/ledger-state.ts";
import { LiveView } from "./live-snapshot.ts";

const spec = specOf({ count: 1, evaluations: 20, time_s: 600 });

const spaceOf = (max: number) =>
  openSpace({ parameters: [{ name: "A", type: "integer", min: 1, max, step: 1 }], constraints: [] });
const noFleet = { snapshots: () => [], figures: () => null } as unknown as Fleet;

it("expects no more evaluations than the space holds, and none beyond the budget", () => {
  const budget = (evaluations: number, size: number) =>
    new LiveView(new LedgerState({ ...spec, evaluations }, spaceOf(size)), noFleet).snapshot("evolving", 0).budget;
  expect(budget(200, 12)).toBe(12);
  expect(budget(200, 300)).toBe(200);
  expect(budget(UNLIMITED_EVALUATIONS, 12)).toBe(12);
});

it("says how long the search takes, and of the finalists after it nothing that it does not know", () => {
  const state = new LedgerState(spec, spaceOf(100));
  const view = new LiveView(state, noFleet);
  view.snapshot("evolving", 0);
  state.evaluated = 10;
  expect(view.snapshot("evolving", 5)).toMatchObject({ perSecond: 2, remainingS: 5 });
  state.closed = true;
  expect(state.finished).toBe(true);
  expect(view.snapshot("re-measuring 4 finalists", 6)).toMatchObject({ perSecond: null, remainingS: null });
});
