/** Where calls are recorded and found again by the content hash of their question. */
import type { CallRecord } from "./call.ts";

export interface CallStore {
  /** The first good recorded answer, or null. */
  answered(hash: string): Promise<CallRecord | null>;
  /** Idempotent under the record's id. */
  record(call: CallRecord): Promise<void>;
}

/** Recorded calls, for a replay. */
export interface Recording {
  /**
   * The record of the next call with this question, failures included: the first time its first record, and so on; the
   * last one again when there are no more. Null without a record. Retried attempts do not count.
   */
  next(hash: string): Promise<CallRecord | null>;
}

export interface MemoryStore extends CallStore, Recording {
  readonly calls: readonly CallRecord[];
}

/** In memory, filled with what was recorded earlier. */
export function createCallStore(recorded: Iterable<CallRecord> = []): MemoryStore {
  const calls = new Map<string, CallRecord>();
  const byHash = new Map<string, CallRecord[]>();
  const taken = new Map<string, number>();
  const add = (call: CallRecord) => {
    if (calls.has(call.id)) return;
    calls.set(call.id, call);
    if (call.retried) return;
    const same = byHash.get(call.hash);
    if (same === undefined) byHash.set(call.hash, [call]);
    else same.push(call);
  };
  for (const call of recorded) add(call);
  return {
    get calls() {
      return [...calls.values()];
    },
    answered: async (hash) => byHash.get(hash)?.find(({ outcome }) => outcome === "ok") ?? null,
    next: async (hash) => {
      const same = byHash.get(hash) ?? [];
      const index = taken.get(hash) ?? 0;
      taken.set(hash, index + 1);
      return same[Math.min(index, same.length - 1)] ?? null;
    },
    record: async (call) => add(call),
  };
}
