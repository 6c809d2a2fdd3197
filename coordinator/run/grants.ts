/**
 * The grants of a coordinator to one worker alone: a lease, a reservation of dollars. Only the holder of a grant knows
 * its secret, so that no other program renews, releases, proposes or settles in its name. Nothing is stored: after a
 * restart the same secrets are derived again.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

export interface LeaseHolder {
  readonly worker: string;
  readonly island: number;
  readonly epoch: number;
}

export class Grants {
  readonly #secret: string;
  readonly #run: string;

  /** @param secret of the database's coordinators */
  constructor(secret: string, run: string) {
    this.#secret = secret;
    this.#run = run;
  }

  lease({ worker, island, epoch }: LeaseHolder): string {
    return this.#of("lease", worker, island, epoch);
  }

  call(id: string): string {
    return this.#of("call", id);
  }

  isLease(holder: LeaseHolder & { readonly secret?: string | undefined }): boolean {
    return same(holder.secret, this.lease(holder));
  }

  isCall(id: string, secret: string | undefined): boolean {
    return same(secret, this.call(id));
  }

  #of(...parts: (string | number)[]): string {
    return createHmac("sha256", this.#secret)
      .update(JSON.stringify([this.#run, ...parts]))
      .digest("hex")
      .slice(0, 32);
  }
}

function same(given: string | undefined, right: string): boolean {
  return given?.length === right.length && timingSafeEqual(Buffer.from(given), Buffer.from(right));
}
