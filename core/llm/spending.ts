/** The dollars of a run: reserved at worst case before a call, settled after it. */
import type { Reservation } from "@kevo/proto/model-call.ts";
import { ModelError } from "./errors.ts";

export interface Spending {
  /**
   * Takes the worst case out of what is left, before anything is sent. Idempotent.
   * @throws ModelError `over_budget` where it does not fit.
   */
  reserve(reservation: Reservation): Promise<void>;
  /**
   * What the call really cost, dollars. Null: nobody knows (a cut connection), so the worst case stays counted.
   * Idempotent: the first settlement stands.
   */
  settle(id: string, usd: number | null): Promise<void>;
}

export interface LocalSpending extends Spending {
  /** Settled cost, and the worst case of what is not settled, dollars. */
  readonly committedUsd: number;
}

/** A budget within one process. `budgetUsd` Infinity only counts. */
export function createSpending(budgetUsd: number): LocalSpending {
  const calls = new Map<string, { readonly reserved: number; cost: number | null; settled: boolean }>();
  let committed = 0;
  return {
    get committedUsd() {
      return committed;
    },
    reserve: async ({ id, usd }) => {
      if (calls.has(id)) return;
      if (committed + usd > budgetUsd) throw overBudget(usd, budgetUsd, committed);
      committed += usd;
      calls.set(id, { reserved: usd, cost: null, settled: false });
    },
    settle: async (id, usd) => {
      const call = calls.get(id);
      if (call === undefined || call.settled) return;
      call.settled = true;
      call.cost = usd;
      if (usd !== null) committed += usd - call.reserved;
    },
  };
}

export function overBudget(usd: number, budgetUsd: number, committedUsd: number): ModelError {
  const left = Math.max(0, budgetUsd - committedUsd);
  return new ModelError(
    "over_budget",
    `a call of up to $${usd.toFixed(4)} exceeds the $${left.toFixed(4)} left of $${budgetUsd}`,
  );
}
