/** Dollars of one source: reserved at worst case before a call, settled after it. Pure. */

export interface SpendLimit {
  /** Takes the worst case, dollars. False: it does not fit, and the call must not be made. */
  reserve(usd: number): boolean;
  /** Gives back what of a reservation was not spent. Overspending (a service charged more) is counted too. */
  settle(reservedUsd: number, spentUsd: number): void;
  readonly budgetUsd: number;
  /** Spent and reserved, dollars. */
  readonly committedUsd: number;
}

/**
 * @param budgetUsd Infinity only counts.
 * @param spentUsd what was spent already, in an earlier session of the same run.
 */
export function createSpendLimit(budgetUsd: number, spentUsd = 0): SpendLimit {
  if (!(budgetUsd >= 0)) throw new RangeError(`a budget of $${budgetUsd} is not valid`);
  let committed = spentUsd;
  return {
    budgetUsd,
    get committedUsd() {
      return committed;
    },
    reserve: (usd) => {
      // Sums of half cents are not exact in binary; a nano-dollar does not matter.
      if (committed + usd > budgetUsd + 1e-9) return false;
      committed += usd;
      return true;
    },
    settle: (reservedUsd, spentUsd) => {
      committed = Math.max(0, committed - reservedUsd + spentUsd);
    },
  };
}
