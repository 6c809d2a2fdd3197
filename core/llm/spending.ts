/** The dollars of a run: reserved at worst case before a call, settled after it. */
import type { Reservation } from "@kevo/proto/model-call.ts";
import { ModelError } from "./errors.ts";

export interface Spending {
  /**
   * Takes the worst case out of the remaining budget, before anything is sent. Idempotent.
   * @throws ModelError `over_budget` where it does not fit.
   */
  reserve(reservation: Reservation): Promise<void>;
  /**
   * The real cost of the call, dollars. Null: unknown (a cut connection), so the worst case stays counted.
   * Idempotent: the first settlement is kept.
   */
  settle(id: string, usd: number | null): Promise<void>;
}

export function overBudget(usd: number, budgetUsd: number, committedUsd: number): ModelError {
  const left = Math.max(0, budgetUsd - committedUsd);
  return new ModelError(
    "over_budget",
    `a call of up to $${usd.toFixed(4)} exceeds the $${left.toFixed(4)} left of $${budgetUsd}`,
  );
}
