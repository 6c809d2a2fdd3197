/**
 * Listens in place of the gRPC server and hands it the connections. One that has not proved who it is stays for a short
 * time only, and there are few of them: when one more comes, the oldest goes.
 */
import { createServer, type Socket } from "node:net";
import { parseAddress } from "@kevo/core/config/address.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";

export interface GateLimits {
  /** Connections without identity at once. */
  readonly strangers: number;
  /** Milliseconds until one without identity is closed. */
  readonly identityTimeoutMs: number;
  /** Connections with identity at once. */
  readonly known: number;
}
const GATE_LIMITS: GateLimits = { strangers: 64, identityTimeoutMs: 10_000, known: 1024 };

export interface ConnectionGate {
  readonly port: number;
  /** The connection from HOST:PORT has proved who it is. */
  identified(peer: string): void;
  /** Takes no more connections. */
  close(): void;
}

/** @throws UserError when the address cannot be bound. */
export function openGate(
  listen: string,
  admit: (socket: Socket) => void,
  limits: GateLimits = GATE_LIMITS,
): Promise<ConnectionGate> {
  const strangers = new Map<string, { socket: Socket; timer: NodeJS.Timeout }>();
  const known = new Set<string>();
  const forget = (peer: string) => {
    clearTimeout(strangers.get(peer)?.timer);
    strangers.delete(peer);
  };

  const server = createServer({ noDelay: true }, (socket) => {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    if (strangers.size >= limits.strangers) strangers.values().next().value?.socket.destroy();
    const timer = setTimeout(() => socket.destroy(), limits.identityTimeoutMs);
    timer.unref();
    strangers.set(peer, { socket, timer });
    socket.once("close", () => {
      forget(peer);
      known.delete(peer);
    });
    socket.on("error", () => {});
    admit(socket);
  });
  const { host, port } = parseAddress(listen, "--listen", { anyPort: true });
  return new Promise((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new UserError(`cannot listen on ${listen} (${error.message}). Choose another address with --listen HOST:PORT`),
      ),
    );
    server.listen({ host, port }, () => {
      const bound = server.address();
      resolve({
        port: typeof bound === "object" && bound !== null ? bound.port : port,
        identified: (peer) => {
          const stranger = strangers.get(peer);
          if (stranger === undefined) return;
          forget(peer);
          if (known.size >= limits.known) stranger.socket.destroy();
          else known.add(peer);
        },
        close: () => void server.close(),
      });
    });
  });
}
