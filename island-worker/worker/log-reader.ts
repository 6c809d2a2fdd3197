/**
 * Puts a run's log entries in order, island by island: drops numbers it has seen, keeps early ones until the
 * gap before them is filled, and says which entries to ask for.
 */
import type { LogEntry } from "@kevo/proto/log.ts";

export class LogReader {
  readonly #apply: (entry: LogEntry) => void;
  readonly #next: number[];
  readonly #early: Map<number, LogEntry>[];

  /** `apply` receives each entry once, in the order of its island's numbers. */
  constructor(islands: number, apply: (entry: LogEntry) => void) {
    this.#apply = apply;
    this.#next = Array.from({ length: islands }, () => 0);
    this.#early = Array.from({ length: islands }, () => new Map());
  }

  /** Number of the newest entry applied; -1 before the first. */
  tail(island: number): number {
    return (this.#next[island] ?? 0) - 1;
  }

  accept(entry: LogEntry): void {
    const next = this.#next[entry.island];
    const early = this.#early[entry.island];
    if (next === undefined || early === undefined || entry.n < next) return;
    if (entry.n > next) {
      early.set(entry.n, entry);
      return;
    }
    this.#advance(entry);
    for (;;) {
      const following = early.get(this.#next[entry.island] as number);
      if (following === undefined) return;
      early.delete(following.n);
      this.#advance(following);
    }
  }

  /** Islands that are behind `tails`, or have entries waiting behind a gap, and the first number that each lacks. */
  gaps(tails: readonly number[]): { island: number; from: number }[] {
    return this.#next.flatMap((from, island) => {
      const behind = (tails[island] ?? -1) >= from || (this.#early[island]?.size ?? 0) > 0;
      return behind ? [{ island, from }] : [];
    });
  }

  #advance(entry: LogEntry): void {
    this.#next[entry.island] = entry.n + 1;
    this.#apply(entry);
  }
}
