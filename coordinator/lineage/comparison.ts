/** The claim that a speedup and its interval allow: an interval around 1 is never a claim. */

export const COMPARISONS = ["faster", "no_difference", "slower"] as const;
export type Comparison = (typeof COMPARISONS)[number];

export interface ComparedSpeedup {
  readonly speedup: number | null;
  readonly speedup_low: number | null;
  readonly speedup_high: number | null;
}

/** Against the fastest baseline; null where there is no speedup, as in replay. */
export function comparisonOf({ speedup, speedup_low, speedup_high }: ComparedSpeedup): Comparison | null {
  if (speedup === null) return null;
  const [low, high] = [speedup_low ?? speedup, speedup_high ?? speedup];
  if (low > 1) return "faster";
  return high < 1 ? "slower" : "no_difference";
}
