/** A connection that can be cut and slowed: a TCP proxy on loopback. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class Link {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #delayMs = 0;
  #cut = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param target port on loopback, asked for at each connection */
  static async open(target: () => number): Promise<Link> {
    const link = new Link(createServer({ allowHalfOpen: false }, (client) => link.#join(client, target())));
    link.#server.listen(0, "127.0.0.1");
    await once(link.#server, "listening");
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Every piece takes so much longer, in both directions. */
  slow(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /** Nothing passes, and nobody is told: as where a cable is pulled. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** What was lost meanwhile stays lost: the connections of before break. */
  mend(): void {
    this.#cut = false;
    this.#delayMs = 0;
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #join(client: Socket, port: number): void {
    if (this.#cut) {
      this.#keep(client);
      client.pause();
      return;
    }
    const server = connect(port, "127.0.0.1");
    this.#keep(client);
    this.#keep(server);
    this.#pass(client, server);
    this.#pass(server, client);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #pass(from: Socket, to: Socket): void {
    // Nothing overtakes what was sent before it, also where the delay has become shorter.
    const late: Buffer[] = [];
    let due = 0;
    from.on("data", (data: Buffer) => {
      const now = performance.now();
      due = Math.max(due, now + this.#delayMs);
      if (late.length === 0 && due <= now) {
        if (!to.destroyed) to.write(data);
        return;
      }
      late.push(data);
      setTimeout(() => {
        const next = late.shift();
        if (next !== undefined && !to.destroyed) to.write(next);
      }, due - now);
    });
    from.once("close", () => to.destroy());
  }
}
