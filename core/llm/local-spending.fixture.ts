/** For tests: a budget within one process, where a run's is the coordinator's. */
import { overBudget, type Spending } from "./spending.ts";

export interface LocalSpending extends Spending {
  /** Settled cost plus the worst case of the unsettled calls, dollars. */
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
