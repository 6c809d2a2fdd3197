/** Wakes the waiters for a change, without polling. */

export class Changes {
  #waiting = Promise.withResolvers<void>();
  #due = false;

  /**
   * Something changed: every waiter looks again, once everything that has arrived by now is processed. Simultaneous
   * arrivals are answered together: one larger batch instead of several small ones.
   */
  notify(): void {
    if (this.#due) return;
    this.#due = true;
    setImmediate(() => {
      this.#due = false;
      this.#waiting.resolve();
      this.#waiting = Promise.withResolvers();
    });
  }

  /** Resolves at the next change, or after `ms`. */
  async next(ms: number): Promise<void> {
    const waiting = this.#waiting.promise;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.max(1, ms));
    });
    await Promise.race([waiting, timeout]);
    clearTimeout(timer);
  }
}
