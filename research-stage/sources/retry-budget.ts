/** Waits that a service demands during one search: together no longer than a limit, and not at all in a replay. */
import type { SourceContext } from "./source.ts";

export interface RetryBudget {
  /**
   * Waits, and says why.
   * @returns false where it would be longer than what is left; nothing was waited then.
   * @throws the signal's reason when aborted.
   */
  wait(ms: number, why: string): Promise<boolean>;
}

export function createRetryBudget(name: string, limitMs: number, context: SourceContext): RetryBudget {
  const { transport, signal, onNote } = context;
  let left = limitMs;
  return {
    wait: async (ms, why) => {
      signal?.throwIfAborted();
      if (ms > left) return false;
      left -= ms;
      if (!transport.replay) onNote?.(`${name}: ${why}; trying again in ${Math.ceil(ms / 1000)} s`);
      await transport.pause(ms, signal);
      return true;
    },
  };
}
