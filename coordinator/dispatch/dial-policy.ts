/**
 * Decides which announced addresses are dialled. An announcement is an unproved hint; an evaluator describes itself
 * once it has proved its identity. Until then it gets few resources, and a wrong address is not dialled again.
 */

/** Announced evaluators of one run. */
const MAX_ANNOUNCED = 256;
/** Of them, how many may be unproven at once. */
const MAX_UNPROVEN = 16;
/** An address that did not prove itself is not dialled again for so long, milliseconds. */
const AVOID_MS = 60_000;
/** Addresses remembered for that. */
const MAX_AVOIDED = 4096;

export interface Announced {
  readonly named: boolean;
  /** It has described itself. */
  readonly proven: boolean;
}

export class DialPolicy {
  readonly #avoided = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @param members those that are known now */
  allows(address: string, members: Iterable<Announced>): boolean {
    const until = this.#avoided.get(address);
    if (until !== undefined && until > this.#now()) return false;
    let announced = 0;
    let unproven = 0;
    for (const { named, proven } of members) {
      if (named) continue;
      announced++;
      if (!proven) unproven++;
    }
    return announced < MAX_ANNOUNCED && unproven < MAX_UNPROVEN;
  }

  /** It answered nothing by which it could be believed. */
  avoid(address: string): void {
    if (this.#avoided.size >= MAX_AVOIDED) this.#avoided.delete(this.#avoided.keys().next().value as string);
    this.#avoided.set(address, this.#now() + AVOID_MS);
  }
}
