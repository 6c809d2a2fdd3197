/** How hard a provider is pressed, and how long it is waited for. */

export interface Limits {
  /** Most simultaneous calls. */
  readonly concurrency: number;
  /** Calls begun in any minute. */
  readonly perMinute: number;
  /** For one attempt, milliseconds. */
  readonly timeoutMs: number;
  /** Attempts after the first. */
  readonly retries: number;
  /** Before the first retry, doubling for each further one; milliseconds. */
  readonly backoffMs: number;
  /** Longest wait before a retry, even if `Retry-After` is longer. */
  readonly maxWaitMs: number;
  /** Failures in a row after which the provider is left alone, and for how long. */
  readonly breakAfter: number;
  readonly breakMs: number;
}

/** Reasoning models take minutes; xAI's smallest tier allows 480 calls a minute. */
export const LIMITS: Limits = {
  concurrency: 16,
  perMinute: 240,
  timeoutMs: 180_000,
  retries: 3,
  backoffMs: 1_000,
  maxWaitMs: 60_000,
  breakAfter: 6,
  breakMs: 60_000,
};
