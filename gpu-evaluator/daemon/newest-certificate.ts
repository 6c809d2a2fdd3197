/**
 * Rotation without a list of what was withdrawn: all coordinators of a cluster share one certificate, so once the evaluator
 * has seen a newer one, the older is refused. The authority alone can issue a newer one.
 */

/** Until every coordinator has read the new certificate, milliseconds. */
const OVERLAP_MS = 60_000;

export class NewestCertificate {
  #newest = Number.NEGATIVE_INFINITY;
  #seenAt = 0;
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @param validFrom start of the certificate's validity, milliseconds since 1970 */
  accepts(validFrom: number): boolean {
    if (Number.isNaN(validFrom)) return false;
    if (validFrom > this.#newest) {
      this.#newest = validFrom;
      this.#seenAt = this.#now();
      return true;
    }
    return validFrom === this.#newest || this.#now() - this.#seenAt < OVERLAP_MS;
  }
}
