/**
 * Copies the islands' logs to NATS. SQLite holds the truth: whenever the copy may be short (the server was away,
 * its store is new, this coordinator has just started), tails are compared and missing entries published again.
 */
import type { Bus } from "@kevo/core/bus/bus.ts";
import { retry } from "@kevo/core/retry/retry.ts";
import type { LogEntry } from "@kevo/proto/log.ts";
import type { Ledger } from "../ledger/ledger.ts";

const PAGE = 500;
const RETRY_MS = 200;

export class LogPublisher {
  readonly #bus: Bus;
  readonly #ledger: Ledger;
  /** Published and not yet acknowledged; a repair waits for them, so that tails mean something. */
  #pending: Promise<unknown> = Promise.resolve();
  #repairing: Promise<void> | null = null;
  #broken = false;
  /** Why the last try to bring the copy up to date failed; null while it is. */
  trouble: string | null = null;
  readonly #closed = new AbortController();

  constructor(bus: Bus, ledger: Ledger) {
    this.#bus = bus;
    this.#ledger = ledger;
    bus.onReconnect(() => void this.repair());
  }

  /** Publishes stored entries, in order. Never throws: a failure is repaired. */
  publish(entries: readonly LogEntry[]): void {
    // While a repair reads the logs from SQLite, it will meet these there.
    if (this.#broken) return;
    const stored = this.#bus.appendLog(entries);
    stored.catch(() => this.repair());
    this.#pending = Promise.allSettled([this.#pending, stored]);
  }

  /** Brings the copy up to date; resolves when it is. */
  repair(): Promise<void> {
    this.#broken = true;
    this.#repairing ??= this.#repairUntilDone().finally(() => {
      this.#repairing = null;
    });
    return this.#repairing;
  }

  close(): void {
    this.#closed.abort();
  }

  async #repairUntilDone(): Promise<void> {
    const copy = async () => {
      try {
        await this.#bus.openLogStream();
        await this.#copyAll();
        this.trouble = null;
      } catch (error) {
        this.trouble = error instanceof Error ? error.message : String(error);
        throw error;
      }
    };
    // It fails only once the publisher is closed.
    await retry(copy, { waitMs: RETRY_MS, signal: this.#closed.signal }).catch(() => {});
  }

  async #copyAll(): Promise<void> {
    await this.#pending;
    const { spec, islands } = this.#ledger.state;
    const tails = await Promise.all(islands.map(({ island }) => this.#bus.logTail(spec.run, island)));
    const next = tails.map((tail) => (tail ?? -1) + 1);
    for (;;) {
      const missing = islands.flatMap(({ island }) => this.#ledger.entries(island, next[island] as number, PAGE));
      if (missing.length === 0) break;
      await this.#bus.appendLog(missing);
      for (const { island, n } of missing) next[island] = n + 1;
    }
    // Nothing was awaited since the last look: no entry falls between the two ways of publishing.
    this.#broken = false;
  }
}
