import { expect, test } from "vitest";
import type { RunSummary } from "../../../contract/runs.ts";
import { matches, sorted } from "./order.ts";

const SPEEDUP = { name: "speedup", unit: "×", direction: "maximize", against: "the fastest baseline" } as const;
const TIME = { name: "time", unit: "ms", direction: "minimize", against: null } as const;

function run(id: string, objective: RunSummary["objective"], value: number | null, created = 0): RunSummary {
  const best = value === null ? null : { value, low: null, high: null, candidate: `${id}/0/0/0`, time_ms: null };
  const part = { used: 0, limit: null };
  return {
    ...{ run: id, kernel: "attention", title: "Attention", backend: "triton", devices: ["NVIDIA H100"], objective },
    ...{
      status: "completed",
      live: false,
      message: null,
      created_at: created,
      ended_at: null,
      islands: 1,
      workloads: 1,
    },
    ...{ models: [], control: null, budget: { evaluations: part, time_s: part, usd: part }, outcomes: {} },
    best: best === null ? null : { ...best, proposer: "random", island: 0, batch: 0, evaluation: 1, rounds: 0 },
  } as unknown as RunSummary;
}

test("the best come first, whichever way the objective points; runs without a result come last", () => {
  const runs = [
    run("failed", SPEEDUP, null, 9),
    run("slow", TIME, 8),
    run("twice", SPEEDUP, 2),
    run("fast", TIME, 3),
    run("thrice", SPEEDUP, 3),
  ];
  expect(sorted(runs, "best").map(({ run }) => run)).toEqual(["thrice", "twice", "fast", "slow", "failed"]);
});

test("the latest come first, and settle what is equal", () => {
  const runs = [run("old", SPEEDUP, 1, 1), run("new", SPEEDUP, 1, 2)];
  expect(sorted(runs, "started").map(({ run }) => run)).toEqual(["new", "old"]);
  expect(sorted(runs, "best").map(({ run }) => run)).toEqual(["new", "old"]);
});

test("every part of the filter must be there, in any place", () => {
  const one = run("20260101-attention-1", SPEEDUP, 1);
  expect(matches(one, "")).toBe(true);
  expect(matches(one, "h100 ATTENTION completed")).toBe(true);
  expect(matches(one, "h100 matmul")).toBe(false);
});
