/** What evaluators and workers fetch by hash, kept in the object store though NATS may lose everything. */
import type { Bus } from "@kevo/core/bus/bus.ts";

export interface StoredObject {
  readonly hash: string;
  readonly bytes: Uint8Array;
}

const RETRY_MS = 500;

export class ObjectKeeper {
  readonly #bus: Pick<Bus, "putObject" | "onReconnect">;
  readonly #objects: () => Iterable<StoredObject>;
  #repairing = false;
  #closed = false;

  /** @param objects all that the run needs; read anew for each repair. */
  constructor(bus: Pick<Bus, "putObject" | "onReconnect">, objects: () => Iterable<StoredObject>) {
    this.#bus = bus;
    this.#objects = objects;
    bus.onReconnect(() => void this.#repair());
  }

  /** What is there already is not sent again. @throws BusError */
  async publish(): Promise<void> {
    for (const { hash, bytes } of this.#objects()) await this.#bus.putObject(hash, bytes);
  }

  close(): void {
    this.#closed = true;
  }

  /** After a reconnect the server's store may be another one. */
  async #repair(): Promise<void> {
    if (this.#repairing) return;
    this.#repairing = true;
    while (!this.#closed) {
      try {
        await this.publish();
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    this.#repairing = false;
  }
}
