/**
 * The owners of the server of a folder. Each holds a shared lock that the operating system frees when it dies, so the
 * last one to leave knows that it is the last. Only one owner at a time starts or ends the server.
 */
import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { acquireExclusive } from "@kevo/core/host-lock/host-lock.ts";
import { openNamedLock } from "@kevo/core/host-lock/named-lock.ts";

export interface Owners {
  /** Alone among all processes that start, restart or end this folder's server. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Counts as an owner from now on. Only within `alone`. */
  join(): void;
  leave(): void;
  /** Whether anybody else owns it. Only within `alone`, and while not an owner. */
  others(): boolean;
}

/** @param dir must exist; two spellings of one folder are one folder */
export function openOwners(dir: string): Owners {
  const id = createHash("sha256").update(realpathSync(dir)).digest("hex").slice(0, 16);
  const lock = openNamedLock(`nats-${id}-owners`);
  return {
    alone: async (work) => {
      const release = await acquireExclusive(`nats-${id}`);
      try {
        return await work();
      } finally {
        release();
      }
    },
    join: () => void lock.try("shared"),
    leave: () => lock.release(),
    others: () => {
      const alone = lock.try("exclusive");
      if (alone) lock.release();
      return !alone;
    },
  };
}
