/** Waits that a service demands during one search: together no longer than a limit, and not at all in a replay. */
import { retry } from "@kevo/core/retry/retry.ts";
import type { SourceContext } from "./source.ts";

/** Why a service gave no answer; the message is the reason. */
export class SourceFailed extends Error {
  /** Milliseconds after which another try makes sense; null: it is useless. */
  readonly waitMs: number | null;
  /** Nothing that is asked of the service in this run can succeed any more. */
  readonly final: boolean;

  constructor(reason: string, waitMs: number | null = null, { final = false } = {}) {
    super(reason);
    this.waitMs = waitMs;
    this.final = final;
  }
}

export interface RetryBudget {
  /**
   * Asks until there is an answer, and says why it waits.
   *
   * @param waitMs milliseconds before the next try; null: another one is useless. `tried` counts from 1.
   * @throws the error of `ask`, where another try is useless or the wait exceeds the rest of the budget; the
   *   signal's reason when aborted.
   */
  ask<T>(ask: () => Promise<T>, waitMs: (error: unknown, tried: number) => number | null): Promise<T>;
}

/** As the failure says, and no more tries than these. */
export function asItSays(tries: number): (error: unknown, tried: number) => number | null {
  return (error, tried) => (error instanceof SourceFailed && tried < tries ? error.waitMs : null);
}

export function createRetryBudget(name: string, limitMs: number, context: SourceContext): RetryBudget {
  const { transport, signal, onNote } = context;
  let left = limitMs;
  const pause = (ms: number) => transport.pause(ms, signal);
  return {
    ask: (ask, waitOf) => {
      const waitMs = (error: unknown, tried: number) => {
        const ms = waitOf(error, tried);
        if (ms === null || ms > left) return null;
        left -= ms;
        const seconds = Math.ceil(ms / 1000);
        if (!transport.replay && seconds > 0) {
          onNote?.(`${name}: ${(error as Error).message}; trying again in ${seconds} s`);
        }
        return ms;
      };
      return retry(ask, { waitMs, pause, signal });
    },
  };
}
