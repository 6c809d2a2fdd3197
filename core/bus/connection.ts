/** Opens the connection to NATS, or says in a sentence why not. */
import { connect, type NatsConnection, type NatsError } from "nats";
import { UserError } from "../errors/user-error.ts";

export interface ConnectOptions {
  readonly url: string;
  /** Shared secret (`KEVO_TOKEN`); needed where the server listens beyond loopback. */
  readonly token?: string | undefined;
  /** Shown in the server's list of clients. */
  readonly name: string;
  /** Closes the bus. */
  readonly signal?: AbortSignal | undefined;
}

const CONNECT_TIMEOUT_MS = 3000;

export async function openConnection(options: ConnectOptions): Promise<NatsConnection> {
  try {
    return await connect({
      servers: options.url,
      name: options.name,
      ...(options.token ? { token: options.token } : {}),
      timeout: CONNECT_TIMEOUT_MS,
      maxReconnectAttempts: -1,
      // Jitter, so that a restarted server does not meet all its clients in the same millisecond.
      reconnectDelayHandler: () => 100 + Math.random() * 200,
      ignoreAuthErrorAbort: true,
      // A host that vanished without closing its socket is noticed within 15 seconds.
      pingInterval: 5000,
      maxPingOut: 2,
      noAsyncTraces: true,
    });
  } catch (error) {
    throw new UserError(
      `Cannot connect to NATS at ${withoutSecret(options.url)}: ${cause(error as NatsError, options.token)}`,
    );
  }
}

function cause(error: NatsError, token: string | undefined): string {
  switch (error.code) {
    case "AUTHORIZATION_VIOLATION":
      return token
        ? "the server rejected the token. Set KEVO_TOKEN to the server's token."
        : "the server requires a token. Set KEVO_TOKEN to the server's token.";
    case "TIMEOUT":
      return "no answer in time. Check that it is a NATS server and that this host can reach it; `coordinator doctor` checks this machine.";
    case "CONNECTION_REFUSED":
      return "no server listens there. Start a nats-server, or omit --nats to have one started; `coordinator doctor` checks this machine.";
    default:
      return `${error.message}. Check the URL (nats://HOST:PORT); \`coordinator doctor\` checks this machine.`;
  }
}

/** A URL without the user name and password that it may carry. */
export const withoutSecret = (url: string) => url.replace(/\/\/[^/@]*@/, "//");
