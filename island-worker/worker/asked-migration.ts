/**
 * A migration that a person asked for, as one island sees it: when it offers its elites, and when it takes in those of
 * its neighbours. An island that has just changed hands hears of it too, unless its log shows that it has had it.
 */
import type { Control } from "@kevo/proto/messages/control.ts";

/** Elites are taken in after the neighbours have had the time to send theirs. */
const ELITES_MS = 1_000;
/** They are offered again after so long, since messages may be lost. */
const OFFER_AGAIN_MS = 500;
/** And are taken in with every batch for so long, as long as none have come. */
const ASKED_MS = 30_000;

export class AskedMigration {
  readonly #island: number;
  readonly #now: () => number;
  /** How many the coordinator has counted. */
  #heard = 0;
  /** When this one was heard of; null without one. */
  #askedAt: number | null = null;
  #offeredAt = Number.NEGATIVE_INFINITY;

  constructor(island: number, now: () => number = () => performance.now()) {
    this.#island = island;
    this.#now = now;
  }

  /** @param newestMigrant number of the island's newest log entry with a migrant; -1 without one. */
  hear({ migrations, migration_tails }: Pick<Control, "migrations" | "migration_tails">, newestMigrant: number): void {
    const before = this.#heard;
    this.#heard = migrations;
    // It counts from zero again when the coordinator has started anew.
    if (migrations <= before) return;
    const wasHad = newestMigrant > (migration_tails[this.#island] ?? Number.POSITIVE_INFINITY);
    this.#askedAt = wasHad ? null : this.#now();
    this.#offeredAt = Number.NEGATIVE_INFINITY;
  }

  /** Whether to offer elites now; says so once for each time. */
  offers(): boolean {
    const isDue = this.#askedAt !== null && this.#now() - this.#offeredAt >= OFFER_AGAIN_MS;
    if (isDue) this.#offeredAt = this.#now();
    return isDue;
  }

  /** Whether the next batch takes in elites. */
  get isDue(): boolean {
    return this.#askedAt !== null && this.#now() - this.#askedAt > ELITES_MS;
  }

  /**
   * A batch that was to take in elites has an answer. A neighbour may send its elites late, and a batch with them may be
   * refused: the next batches ask for them again.
   */
  answered(hasMigrated: boolean): void {
    if (hasMigrated || this.#now() - (this.#askedAt ?? 0) > ASKED_MS) this.#askedAt = null;
  }
}
