/** Where calls are recorded and found again by content hash. */
import type { CallRecord } from "./call.ts";

export interface CallStore {
  /**
   * What was recorded for a question, failures included; null where nothing was. Where the same question was
   * recorded several times, repeated finds go through them in order and stay at the last.
   */
  find(hash: string): Promise<CallRecord | null>;
  /** Idempotent under the record's id. */
  record(call: CallRecord): Promise<void>;
}

/** In memory, filled with what was recorded earlier. */
export function createCallStore(recorded: Iterable<CallRecord> = []): CallStore & { readonly calls: CallRecord[] } {
  const calls = [...recorded];
  const found = new Map<string, number>();
  return {
    calls,
    find: async (hash) => {
      const matching = calls.filter((call) => call.hash === hash);
      const next = Math.min(found.get(hash) ?? 0, matching.length - 1);
      found.set(hash, next + 1);
      return matching[next] ?? null;
    },
    record: async (call) => {
      if (!calls.some(({ id }) => id === call.id)) calls.push(call);
    },
  };
}
