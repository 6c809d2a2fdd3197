/** A nats-server's greeting to a new connection: proof that it is up, and its identity. */
import { connect } from "node:net";
import type { Address } from "@kevo/core/config/address.ts";

/** A connection that says nothing for this long counts as no answer. */
const TIMEOUT_MS = 2000;

export interface Greeting {
  readonly server_name?: string;
  readonly version?: string;
  readonly jetstream?: boolean;
}

/** The INFO line; null when nothing answers there, or something else does. */
export function greeting({ host, port }: Address): Promise<Greeting | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let text = "";
    const finish = (value: Greeting | null) => {
      socket.destroy();
      resolve(value);
    };
    socket.setTimeout(TIMEOUT_MS, () => finish(null));
    socket.on("error", () => finish(null));
    socket.on("close", () => resolve(null));
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      const end = text.indexOf("\r\n");
      if (end < 0 && text.length < 65_536) return;
      try {
        finish(text.startsWith("INFO ") ? (JSON.parse(text.slice(5, end)) as Greeting) : null);
      } catch {
        finish(null);
      }
    });
  });
}
