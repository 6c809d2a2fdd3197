/** Metrics of a program's connection to NATS. */
import { Counter, Gauge, type Registry } from "prom-client";
import { busEvents } from "./bus-events.ts";

export function defineBusMetrics(registry: Registry): Disposable & { readonly connected: boolean } {
  const registers = [registry];
  let connected = false;
  const gauge = new Gauge({ name: "kevo_nats_connected", help: "1 while the connection to NATS is open", registers });
  const lost = new Counter({
    name: "kevo_nats_disconnects_total",
    help: "How often the connection to NATS was lost",
    registers,
  });
  const malformed = new Counter({
    name: "kevo_nats_malformed_total",
    help: "Messages on NATS that were dropped because they do not fit their schema",
    registers,
  });
  const listening = busEvents.listen(({ event }) => {
    if (event === "malformed") return malformed.inc();
    if (event === "disconnected") lost.inc();
    connected = event === "connected";
    gauge.set(connected ? 1 : 0);
  });
  return {
    get connected() {
      return connected;
    },
    [Symbol.dispose]: () => listening[Symbol.dispose](),
  };
}
