/** The one way to try again what may pass. */
import { setTimeout as sleep } from "node:timers/promises";
import { handleWhen, retry as retryPolicy } from "cockatiel";

export interface RetryOptions {
  /** Tries in all; without a limit when omitted. */
  readonly tries?: number;
  /** Milliseconds before the next try; null: another try is useless. `tried` counts from 1. */
  readonly waitMs: number | ((error: unknown, tried: number) => number | null);
  /** Ends a wait, and allows no further try. */
  readonly signal?: AbortSignal | undefined;
  /** How to wait, for who does not wait by the clock. @throws when the signal has ended it. */
  readonly pause?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** @throws the last error when no try is left; an AbortError when the signal aborts. */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { tries = Number.POSITIVE_INFINITY, waitMs, signal, pause = sleepUntilAborted } = options;
  signal?.throwIfAborted();
  let tried = 0;
  let next = 0;
  const mayPass = (error: unknown): boolean => {
    if (tried >= tries || signal?.aborted === true) return false;
    const ms = typeof waitMs === "number" ? waitMs : waitMs(error, tried);
    next = ms ?? 0;
    return ms !== null;
  };
  // The policy's own wait would not end with the signal.
  const policy = retryPolicy(handleWhen(mayPass), { maxAttempts: Number.POSITIVE_INFINITY });
  return policy.execute(async () => {
    if (next > 0) await pause(next, signal);
    tried++;
    return work(tried);
  });
}

/** A wait that doubles from try to try. */
export function doubling(firstMs: number, maxMs = Number.POSITIVE_INFINITY): (error: unknown, tried: number) => number {
  return (_error, tried) => Math.min(maxMs, firstMs * 2 ** (tried - 1));
}

const sleepUntilAborted = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  sleep(ms, undefined, signal === undefined ? {} : { signal });
