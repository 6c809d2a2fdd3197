/**
 * One transaction for everything that arrives in one turn of the event loop. A commit waits for the disk;
 * sharing it is what lets throughput grow with the number of outstanding candidates.
 */
import type Database from "better-sqlite3";

interface Operation {
  readonly work: () => void;
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

/** The longest that a deferred write waits for company, milliseconds. */
const DEFER_MS = 50;

export class GroupCommit {
  readonly #transaction: Database.Transaction<(operations: readonly Operation[]) => void>;
  readonly #onFatal: (error: unknown) => void;
  #queue: Operation[] = [];
  #scheduled = false;
  #idle: NodeJS.Timeout | null = null;

  /** `onFatal`: the database refused the commit (a full disk, say). Memory is ahead of the disk then, so the run must stop. */
  constructor(sqlite: Database.Database, onFatal: (error: unknown) => void) {
    this.#transaction = sqlite.transaction((operations) => {
      for (const operation of operations) operation.work();
    });
    this.#onFatal = onFatal;
  }

  /** Runs `work` inside the next transaction and resolves with its value once that is on the disk. */
  run<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let value: T;
      this.#queue.push({
        work: () => {
          value = work();
        },
        done: () => resolve(value),
        fail: reject,
      });
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(() => this.flush());
    });
  }

  /** Runs `work` with the next commit, which it does not hurry: for what may be lost in a crash. */
  defer(work: () => void): void {
    this.#queue.push({ work, done: () => {}, fail: () => {} });
    if (!this.#scheduled && this.#idle === null) this.#idle = setTimeout(() => this.flush(), DEFER_MS);
  }

  /** Commits what is queued, now. */
  flush(): void {
    this.#scheduled = false;
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
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
}
