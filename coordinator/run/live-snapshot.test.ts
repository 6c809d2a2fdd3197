import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { specOf } from "@kevo/proto/run.fixture.ts";
import { expect, it } from "vitest";
import type { Fleet } from "../dispatch/fleet.ts";
import { LedgerState } from "../ledger/ledger-state.ts";
import { LiveView } from "./live-snapshot.ts";

const spec = specOf({ count: 1, evaluations: 20, time_s: 600 });

it("says how long the search takes, and of the finalists after it nothing that it does not know", () => {
  const state = new LedgerState(spec, openSpace({ parameters: [], constraints: [] }));
  const view = new LiveView(state, { snapshots: () => [] } as unknown as Fleet);
  view.snapshot("evolving", 0);
  state.evaluated = 10;
  expect(view.snapshot("evolving", 5)).toMatchObject({ perSecond: 2, remainingS: 5 });
  state.closed = true;
  expect(state.finished).toBe(true);
  expect(view.snapshot("re-measuring 4 finalists", 6)).toMatchObject({ perSecond: null, remainingS: null });
});
