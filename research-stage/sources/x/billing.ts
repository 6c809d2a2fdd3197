/** What X charges: each post once in a UTC day. Pure. */
import type { Exchange } from "../../recording/transport.ts";

/** Dollars for one post, as of November 2026. */
export const POST_USD = 0.005;

export interface Billing {
  /** Dollars for the posts of one answer; none for an answer that was not paid for. */
  charge(exchange: Pick<Exchange, "paid" | "at">, posts: readonly string[]): number;
}

/**
 * Knows the posts of its own run only, so posts that another run read on the same day are counted again: the figure
 * may be too high, never too low. Posts that accompany another (which it answers or repeats) are counted too.
 */
export function createBilling(): Billing {
  const billed = new Set<string>();
  return {
    charge: ({ paid, at }, posts) => {
      if (!paid) return 0;
      const day = new Date(at).toISOString().slice(0, 10);
      const fresh = [...new Set(posts)].filter((id) => !billed.has(`${day}/${id}`));
      for (const id of fresh) billed.add(`${day}/${id}`);
      return fresh.length * POST_USD;
    },
  };
}
