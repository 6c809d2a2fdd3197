/** Which runs are listed, and in which order: pure. */
import type { RunSummary } from "../../../contract/runs.ts";

export const ORDERS = ["started", "best", "kernel", "evaluations"] as const;
export type Order = (typeof ORDERS)[number];

export const ORDER_NAME: Readonly<Record<Order, string>> = {
  started: "Latest first",
  best: "Best first",
  kernel: "By kernel",
  evaluations: "Most evaluations first",
};

/** Every part of the text must occur somewhere in what the list shows of a run. */
export function matches(run: RunSummary, text: string): boolean {
  const shown = [run.run, run.kernel, run.title, run.backend, run.status, ...run.devices, ...run.models].join("\n");
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((part) => shown.toLowerCase().includes(part));
}

/** Only values of one objective compare; runs without a value come last, whichever way the objective points. */
export function sorted(runs: readonly RunSummary[], order: Order): RunSummary[] {
  return runs.toSorted((a, b) => compare(a, b, order) || b.created_at - a.created_at);
}

function compare(a: RunSummary, b: RunSummary, order: Order): number {
  if (order === "kernel") return a.kernel.localeCompare(b.kernel);
  if (order === "evaluations") return b.budget.evaluations.used - a.budget.evaluations.used;
  if (order === "started") return 0;
  if (a.best === null || b.best === null) return Number(a.best === null) - Number(b.best === null);
  const rank = (run: RunSummary) => (run.objective.name === "speedup" ? 0 : 1);
  const objectives = rank(a) - rank(b) || a.objective.name.localeCompare(b.objective.name);
  if (objectives !== 0) return objectives;
  return a.objective.direction === "maximize" ? b.best.value - a.best.value : a.best.value - b.best.value;
}
