/**
 * The holders of the islands. A lease has an epoch that only grows and is stored. Its expiry is known only here, in
 * memory: after a restart of the coordinator every worker may renew, and no other worker takes an island before its
 * holder has had the time to.
 */
import type { LeaseReply, LeaseRequest } from "@kevo/proto/messages/lease.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import type { IslandLedger } from "../ledger/island-ledger.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Grants } from "./grants.ts";

export const LEASE_MS = 5_000;
const RETRY_MS = 250;

export class Leases {
  readonly #ledger: Ledger;
  readonly #grants: Grants;
  /** When each island's lease runs out, milliseconds of `now`. */
  readonly #until: number[];
  /** An island is granted once its epoch is stored; until then no other worker may have it. */
  readonly #granting = new Set<number>();
  readonly #now: () => number;

  constructor(ledger: Ledger, grants: Grants, now: () => number = () => performance.now()) {
    this.#ledger = ledger;
    this.#grants = grants;
    this.#now = now;
    const grace = now() + LEASE_MS;
    this.#until = ledger.state.islands.map((island) => (island.worker === null ? 0 : grace));
  }

  async answer(request: LeaseRequest): Promise<LeaseReply> {
    if (request.type === "acquire") return this.#acquire(request.worker);
    const island = this.#ledger.state.islands[request.island];
    if (
      island === undefined ||
      island.epoch !== request.epoch ||
      island.worker !== request.worker ||
      !this.#grants.isLease(request)
    ) {
      return { v: WIRE_VERSION, status: "lost" };
    }
    if (request.type === "renew") {
      this.#until[island.island] = this.#now() + LEASE_MS;
      return this.#granted(island);
    }
    this.#until[island.island] = 0;
    await this.#ledger.release(island);
    return { v: WIRE_VERSION, status: "released" };
  }

  /** Islands with a current holder. */
  get held(): number {
    return this.#until.filter((until) => until > this.#now()).length;
  }

  /** A worker is known to have ended: its islands are free at once. */
  forget(worker: string): void {
    for (const island of this.#ledger.state.islands) {
      if (island.worker === worker) this.#until[island.island] = 0;
    }
  }

  async #acquire(worker: string): Promise<LeaseReply> {
    const { islands } = this.#ledger.state;
    const free = islands.find(
      ({ island }) => (this.#until[island] as number) <= this.#now() && !this.#granting.has(island),
    );
    if (free === undefined) return { v: WIRE_VERSION, status: "none", retry_ms: RETRY_MS };
    this.#granting.add(free.island);
    try {
      await this.#ledger.lease(free, worker);
      this.#until[free.island] = this.#now() + LEASE_MS;
      return this.#granted(free);
    } finally {
      this.#granting.delete(free.island);
    }
  }

  #granted({ island, epoch, tail, worker }: IslandLedger): LeaseReply {
    const secret = this.#grants.lease({ worker: worker ?? "", island, epoch });
    return { v: WIRE_VERSION, status: "granted", island, epoch, secret, ttl_ms: LEASE_MS, tail };
  }
}
