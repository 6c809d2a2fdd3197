/** How long a run waits for a machine that is quiet enough to measure on. Decides without I/O. */

/** Without `--wait`. */
const BUSY_TIMEOUT_MS = 120_000;

export class BusyWait {
  readonly #timeoutMs: number;
  #since: number | null = null;
  #why = "";

  constructor(timeoutMs = BUSY_TIMEOUT_MS) {
    this.#timeoutMs = timeoutMs;
  }

  /** @returns what to say; null where it was said already */
  refused(now: number, why: string): string | null {
    this.#why = why;
    if (this.#since !== null) return null;
    this.#since = now;
    return `${why}. Waiting up to ${this.#timeoutMs / 1000} s for a quieter moment (--wait)`;
  }

  measured(): void {
    this.#since = null;
  }

  /** The reason for waiting, and how much longer; null while the run does not wait. */
  waiting(now: number): string | null {
    if (this.#since === null) return null;
    const leftS = Math.max(0, Math.ceil((this.#since + this.#timeoutMs - now) / 1000));
    return `${this.#why}; giving up in ${leftS} s, see --wait`;
  }

  /** Why the run cannot continue; null while it can. */
  over(now: number): string | null {
    return this.#since === null || now - this.#since <= this.#timeoutMs ? null : this.#why;
  }
}
