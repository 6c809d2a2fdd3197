/** The address for what only this host shall reach. */
import { type AddressInfo, connect, createServer } from "node:net";
import { UserError } from "../errors/user-error.ts";

/** Most clients of other makers know the first one only. */
const HOSTS = ["127.0.0.1", "::1"];
const ABSENT: ReadonlySet<string> = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT", "ENETUNREACH", "EHOSTUNREACH"]);

/** @throws UserError where the host has neither address. */
export async function loopbackHost(): Promise<string> {
  for (const host of HOSTS) {
    if (await canTalk(host)) return host;
  }
  throw new UserError(
    `This host has no loopback address: neither ${HOSTS.join(" nor ")} can be bound, and local programs talk over it. ` +
      "Bring the interface up (ip link set lo up).",
  );
}

/** Binding is not enough: while the interface is down it succeeds, and nothing can connect. */
function canTalk(host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    const fail = (error: NodeJS.ErrnoException) => {
      server.close();
      if (error.code !== undefined && ABSENT.has(error.code)) resolve(false);
      else reject(error);
    };
    server.once("error", fail);
    server.listen({ host, port: 0 }, () => {
      const client = connect({ host, port: (server.address() as AddressInfo).port });
      client.once("error", fail);
      client.once("connect", () => {
        client.destroy();
        server.close(() => resolve(true));
      });
    });
  });
}
