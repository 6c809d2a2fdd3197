/** What a daemon needs of the bus, over a connection that is replaced when its invitation is. */
import type { Bus } from "@kevo/core/bus/bus.ts";

export type DaemonBus = Pick<Bus, "connected" | "identity" | "publish" | "getObject" | "onReconnect" | "close">;

export interface RenewableBus extends DaemonBus {
  /** From now on this one; the one before is closed. */
  replaceBy(bus: Bus): Promise<void>;
}

export function renewableBus(first: Bus): RenewableBus {
  let current = first;
  const callbacks: (() => void)[] = [];
  return {
    get connected() {
      return current.connected;
    },
    get identity() {
      return current.identity;
    },
    publish: (subject, message) => current.publish(subject, message),
    getObject: (hash) => current.getObject(hash),
    onReconnect: (callback) => {
      callbacks.push(callback);
      current.onReconnect(callback);
    },
    replaceBy: async (bus) => {
      const before = current;
      current = bus;
      for (const callback of callbacks) bus.onReconnect(callback);
      await before.close();
    },
    close: () => current.close(),
  };
}
