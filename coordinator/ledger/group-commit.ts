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

export class GroupCommit {
  readonly #transaction: Database.Transaction<(operations: readonly Operation[]) => void>;
  readonly #onFatal: (error: unknown) => void;
  #queue: Operation[] = [];
  #scheduled = false;
  #closed = false;

  /** `onFatal`: the database refused the commit (a full disk, say). Memory is ahead of the disk then, so the run must stop. */
  constructor(sqlite: Database.Database, onFatal: (error: unknown) => void) {
    this.#transaction = sqlite.transaction((operations) => {
      for (const operation of operations) operation.work();
    });
    this.#onFatal = onFatal;
  }

  /** Runs `work` inside the next transaction and resolves with its value once that is on the disk. */
  run<T>(work: () => T): Promise<T> {
    // Never settles: nobody may act on what was not stored.
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
    // A commit that fails ends the run through `onFatal`, whether or not somebody waits for this write.
    stored.catch(() => {});
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.#flush());
    }
    return stored;
  }

  /** Commits what is queued and takes nothing more: whatever comes later is about a run that has ended. */
  close(): void {
    this.#flush();
    this.#closed = true;
  }

  #flush(): void {
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
}
