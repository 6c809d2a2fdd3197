/**
 * One transaction for everything that arrives in one turn of the event loop, or in the first milliseconds of a long one. A
 * commit waits for the disk; sharing it is what lets throughput grow with the number of outstanding candidates.
 */
import type Database from "better-sqlite3";

/** How often a database that another program has locked is tried again. Milliseconds. */
const RETRY_MS = 100;
/** A busy turn handles a hundred messages; what came first waits no longer than this for the rest. Milliseconds. */
const TURN_MS = 10;

interface Operation {
  readonly work: () => void;
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

export class GroupCommit {
  readonly #transaction: Database.Transaction<(operations: readonly Operation[]) => void>;
  readonly #sqlite: Database.Database;
  readonly #onFatal: (error: unknown) => void;
  readonly #onLocked: () => void;
  readonly #maxLockedMs: number;
  /** By performance.now(). */
  #lockedSince: number | null = null;
  #queue: Operation[] = [];
  #scheduled = false;
  /** When the queue's first operation came, by performance.now(). */
  #queuedSince = 0;
  #closed = false;

  /**
   * `onFatal`: the database refused the commit (a full disk, say). Memory is ahead of the disk then, so the run must stop.
   * `onLocked`: another program has locked it, and the commit waits for that, at most `maxLockedMs`.
   * `finish`: the last work of each transaction, for what several operations change and only its end matters.
   * `fence` throws, in the transaction, where another coordinator has taken this one's place.
   */
  constructor(
    sqlite: Database.Database,
    onFatal: (error: unknown) => void,
    onLocked: () => void = () => {},
    {
      maxLockedMs = 60_000,
      finish = () => {},
      fence = () => {},
    }: { maxLockedMs?: number; finish?: () => void; fence?: () => void } = {},
  ) {
    this.#sqlite = sqlite;
    this.#onLocked = onLocked;
    this.#maxLockedMs = maxLockedMs;
    this.#transaction = sqlite.transaction((operations) => {
      fence();
      for (const operation of operations) operation.work();
      finish();
    });
    this.#onFatal = onFatal;
  }

  /** Runs `work` inside the next transaction and resolves with its value once that is on the disk. */
  run<T>(work: () => T): Promise<T> {
    // Never settles: no caller may act on data that was not stored.
    if (this.#closed) return new Promise(() => {});
    const stored = new Promise<T>((resolve, reject) => {
      let value: T;
      this.#queue.push({
        work: () => {
          value = work();
        },
        done: () => resolve(value),
        fail: reject,
      });
    });
    // A failed commit ends the run through `onFatal`, even if no caller waits for this write.
    stored.catch(() => {});
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.#queuedSince = performance.now();
      setImmediate(() => this.#flush());
    } else if (performance.now() - this.#queuedSince > TURN_MS) {
      // Once, and between two messages: whoever is at work now has not finished.
      this.#queuedSince = Number.POSITIVE_INFINITY;
      process.nextTick(() => this.#flush());
    }
    return stored;
  }

  /** Commits the queue and accepts no more: later writes are about a run that has ended. */
  close(): void {
    this.#flush(true);
    this.#closed = true;
  }

  /** Blocks this process while the database is locked only where nothing comes after. */
  #flush(isLast = false): void {
    if (!isLast && this.#queue.length > 0 && this.#isLocked()) {
      setTimeout(() => this.#flush(), RETRY_MS);
      return;
    }
    this.#scheduled = false;
    const operations = this.#queue;
    if (operations.length === 0) return;
    this.#queue = [];
    try {
      this.#transaction.immediate(operations);
    } catch (error) {
      for (const operation of operations) operation.fail(error);
      this.#onFatal(error);
      return;
    }
    for (const operation of operations) operation.done();
  }

  /** Asked before any work is done, so that trying again repeats nothing. False too when it is no use to wait longer. */
  #isLocked(): boolean {
    const wait = this.#sqlite.pragma("busy_timeout", { simple: true });
    try {
      this.#sqlite.pragma("busy_timeout = 0");
      this.#sqlite.exec("begin immediate; rollback");
    } catch (error) {
      if ((error as { code?: string }).code !== "SQLITE_BUSY") return false;
      if (this.#lockedSince === null) {
        this.#lockedSince = performance.now();
        this.#onLocked();
      }
      return performance.now() - this.#lockedSince < this.#maxLockedMs;
    } finally {
      this.#sqlite.pragma(`busy_timeout = ${wait}`);
    }
    this.#lockedSince = null;
    return false;
  }
}
