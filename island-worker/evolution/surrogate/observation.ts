/** One evaluated configuration on one niche. */
export interface Observation {
  readonly genes: readonly number[];
  readonly key: number | string;
  /** The surrogate's row of codes. */
  readonly codes: Uint8Array;
  /** Logarithm of the time, smaller is better; null when the evaluation failed. */
  readonly value: number | null;
}
