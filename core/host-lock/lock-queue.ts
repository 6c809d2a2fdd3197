/** The holders and waiters of one lock of the host in this process. First come, first served within the process. */
import type { LockFile } from "../database/lock-file.ts";

/** Gives the lock back. Also a Disposable, so that `using` does it. */
export type Release = (() => void) & Disposable;

type Mode = "shared" | "exclusive";
interface Waiter {
  readonly mode: Mode;
  readonly grant: (release: Release) => void;
  readonly refuse: (error: unknown) => void;
}

/** A try costs microseconds; soon after the start of a wait they follow closely, later a little less so. */
const FIRST_PAUSE_MS = 1;
const LATER_PAUSE_MS = 2;
const CLOSE_TRIES = 50;

export class LockQueue {
  readonly #lock: LockFile;
  readonly #gate: LockFile;
  readonly #waiters: Waiter[] = [];
  #holders = 0;
  #mode: Mode | null = null;
  #holdsGate = false;
  #timer: NodeJS.Timeout | null = null;
  #tries = 0;

  constructor(lock: LockFile, gate: LockFile) {
    this.#lock = lock;
    this.#gate = gate;
  }

  acquire(mode: Mode, signal: AbortSignal | undefined): Promise<Release> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(signal?.reason);
        this.#advance();
      };
      const waiter: Waiter = {
        mode,
        grant: (release) => {
          signal?.removeEventListener("abort", abort);
          resolve(release);
        },
        refuse: (error) => {
          signal?.removeEventListener("abort", abort);
          reject(error);
        },
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiters.push(waiter);
      if (this.#waiters.length === 1) this.#advance();
    });
  }

  /** Grants from the head of the queue for as long as that succeeds at once; then sets a timer for the next try. */
  #advance(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (let head = this.#waiters[0]; head !== undefined; head = this.#waiters[0]) {
      let granted: boolean;
      try {
        granted = this.#take(head.mode);
      } catch (error) {
        this.#waiters.shift();
        head.refuse(error);
        continue;
      }
      if (!granted) {
        // While this process itself holds the lock, its release advances the queue.
        if (this.#holders > 0 && (this.#holdsGate || this.#mode === "exclusive")) return;
        const pause = ++this.#tries > CLOSE_TRIES ? LATER_PAUSE_MS : FIRST_PAUSE_MS;
        this.#timer = setTimeout(() => this.#advance(), pause);
        return;
      }
      this.#tries = 0;
      this.#waiters.shift();
      head.grant(this.#releaseOnce());
    }
    this.#leaveGate();
  }

  /** One try: the gate, then the lock behind it. The gate is kept until the lock is had. */
  #take(mode: Mode): boolean {
    if (this.#mode === "exclusive") return false;
    this.#holdsGate ||= this.#gate.try("exclusive");
    if (!this.#holdsGate) return false;
    if (this.#mode === "shared") {
      if (mode === "exclusive") return false;
    } else {
      if (!this.#lock.try(mode)) return false;
      this.#mode = mode;
    }
    this.#holders++;
    this.#leaveGate();
    return true;
  }

  #leaveGate(): void {
    if (this.#holdsGate) this.#gate.release();
    this.#holdsGate = false;
  }

  #releaseOnce(): Release {
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      if (--this.#holders > 0) return;
      this.#lock.release();
      this.#mode = null;
      this.#advance();
    };
    return Object.assign(release, { [Symbol.dispose]: release });
  }
}
