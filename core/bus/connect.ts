/** Opens the bus. */
import type { Bus } from "./bus.ts";
import { type ConnectOptions, openConnection } from "./connection.ts";
import { createBus } from "./nats-bus.ts";

/**
 * Connects once; afterwards it reconnects for ever.
 * @throws UserError that names the URL, when nothing answers or the token is refused.
 */
export async function connectBus(options: ConnectOptions): Promise<Bus> {
  const bus = createBus(await openConnection(options), options);
  if (options.signal?.aborted) await bus.close();
  options.signal?.addEventListener("abort", () => void bus.close(), { once: true });
  return bus;
}
