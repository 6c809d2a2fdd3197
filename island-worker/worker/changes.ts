/** Waking whoever waits for the world to change, without polling. */

export class Changes {
  #waiting = Promise.withResolvers<void>();

  /** Something changed: everybody who waits looks again. */
  notify(): void {
    this.#waiting.resolve();
    this.#waiting = Promise.withResolvers();
  }

  /** Resolves at the next change, or after `ms`. */
  async next(ms: number): Promise<void> {
    const waiting = this.#waiting.promise;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([waiting, timeout]);
    clearTimeout(timer);
  }
}
