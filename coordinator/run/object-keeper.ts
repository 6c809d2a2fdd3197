/** Objects that evaluators and workers fetch by hash, kept in the object store though NATS may lose everything. */
import type { Bus } from "@kevo/core/bus/bus.ts";
import { retry } from "@kevo/core/retry/retry.ts";

export interface StoredObject {
  readonly hash: string;
  readonly bytes: Uint8Array;
}

const RETRY_MS = 500;

export class ObjectKeeper {
  readonly #bus: Pick<Bus, "putObject" | "onReconnect">;
  readonly #objects: () => Iterable<StoredObject>;
  #repairing = false;
  readonly #closed = new AbortController();

  /** @param objects all that the run needs; read again for each repair. */
  constructor(bus: Pick<Bus, "putObject" | "onReconnect">, objects: () => Iterable<StoredObject>) {
    this.#bus = bus;
    this.#objects = objects;
    bus.onReconnect(() => void this.#repair());
  }

  /** Objects that are already stored are not sent again. @throws BusError */
  async publish(): Promise<void> {
    for (const { hash, bytes } of this.#objects()) await this.#bus.putObject(hash, bytes);
  }

  close(): void {
    this.#closed.abort();
  }

  /** After a reconnect the server's store may be another one. */
  async #repair(): Promise<void> {
    if (this.#repairing) return;
    this.#repairing = true;
    // It fails only once the keeper is closed.
    await retry(() => this.publish(), { waitMs: RETRY_MS, signal: this.#closed.signal }).catch(() => {});
    this.#repairing = false;
  }
}
