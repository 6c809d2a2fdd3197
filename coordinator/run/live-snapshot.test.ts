import { openSpace } from "@kevo/core/search-space/search-space.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { expect, it } from "vitest";
import type { Fleet } from "../dispatch/fleet.ts";
import { Accounting } from "../ledger/accounting.ts";
import { LiveView } from "./live-snapshot.ts";

const spec: RunSpec = {
  run: "r",
  kernel: { id: "k", title: "K", hash: "h", definition: "d" },
  backend: "cpu",
  workloads: ["w"],
  seed: 1,
  islands: [{ index: 0, niche: { workloads: null, device: null } }],
  topology: "ring",
  migrate_every: 5,
  migrants: 1,
  sync: false,
  batch_size: 4,
  search: "default",
  evaluations: 20,
  time_s: 600,
  effort: "quick",
};

it("says how long the search takes, and of the finalists after it nothing that it does not know", () => {
  const accounting = new Accounting(spec, openSpace({ parameters: [], constraints: [] }));
  const view = new LiveView(accounting, { snapshots: () => [] } as unknown as Fleet);
  view.snapshot("evolving", 0);
  accounting.evaluated = 10;
  expect(view.snapshot("evolving", 5)).toMatchObject({ perSecond: 2, remainingS: 5 });
  accounting.closed = true;
  expect(accounting.finished).toBe(true);
  expect(view.snapshot("re-measuring 4 finalists", 6)).toMatchObject({ perSecond: null, remainingS: null });
});
