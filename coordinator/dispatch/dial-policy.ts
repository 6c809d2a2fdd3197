/**
 * Decides which announced addresses are dialled. An announcement is an unproved hint; an evaluator describes itself
 * once it has proved its identity. Until then it gets few resources, and a wrong address is not dialled again.
 */

/** Announced evaluators of one run. */
const MAX_ANNOUNCED = 256;
/** Of them, how many may be unproven at once. */
const MAX_UNPROVEN = 16;
/**
 * An address that did not prove itself is not dialled again for so long, milliseconds, and after each further time for
 * twice as long: on a busy machine a good one may have been slow.
 */
const AVOID_MS = 10_000;
const MAX_AVOID_MS = 60_000;
/** Addresses remembered for that. */
const MAX_AVOIDED = 4096;

export interface Announced {
  readonly named: boolean;
  /** It has described itself. */
  readonly proven: boolean;
}

export class DialPolicy {
  readonly #avoided = new Map<string, { readonly until: number; readonly ms: number }>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @param members those that are known now */
  allows(address: string, members: Iterable<Announced>): boolean {
    const avoided = this.#avoided.get(address);
    if (avoided !== undefined && avoided.until > this.#now()) return false;
    let announced = 0;
    let unproven = 0;
    for (const { named, proven } of members) {
      if (named) continue;
      announced++;
      if (!proven) unproven++;
    }
    return announced < MAX_ANNOUNCED && unproven < MAX_UNPROVEN;
  }

  /**
   * It answered nothing by which it could be believed.
   * @returns true the first time
   */
  avoid(address: string): boolean {
    const before = this.#avoided.get(address);
    const ms = before === undefined ? AVOID_MS : Math.min(2 * before.ms, MAX_AVOID_MS);
    if (before === undefined && this.#avoided.size >= MAX_AVOIDED)
      this.#avoided.delete(this.#avoided.keys().next().value as string);
    this.#avoided.set(address, { until: this.#now() + ms, ms });
    return before === undefined;
  }
}
