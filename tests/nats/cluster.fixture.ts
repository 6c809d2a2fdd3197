/**
 * Three real nats-servers that are one cluster. Every route between them goes through a proxy of its own, so that a test can
 * cut one server off from the others while its clients stay connected to it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, connect as dial, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { findNatsServer } from "@kevo/coordinator/nats-server/find.ts";
import { freePort } from "@kevo/coordinator/nats-server/launch.ts";
import { connect, type JetStreamManager, type NatsConnection, type StreamInfo } from "nats";

const HOST = "127.0.0.1";
const SERVERS = [0, 1, 2];

class Link {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #open = true;

  constructor(to: number) {
    this.#server = createServer((from) => {
      if (!this.#open) {
        from.destroy();
        return;
      }
      const onward = dial(to, HOST);
      for (const socket of [from, onward]) {
        this.#sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => {
          this.#sockets.delete(socket);
          from.destroy();
          onward.destroy();
        });
      }
      from.pipe(onward);
      onward.pipe(from);
    });
  }

  listen(): Promise<number> {
    return new Promise((resolve) =>
      this.#server.listen(0, HOST, () => resolve((this.#server.address() as { port: number }).port)),
    );
  }

  set open(open: boolean) {
    this.#open = open;
    if (!open) for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.open = false;
    this.#server.close();
  }
}

export class NatsCluster implements AsyncDisposable {
  readonly #folder: string;
  readonly #ports: number[] = [];
  readonly #monitors: number[] = [];
  readonly #processes: (ChildProcess | undefined)[] = [];
  /** From one server to another. */
  readonly #links = new Map<string, Link>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Resolves when they have chosen a leader. */
  static async start(folder: string): Promise<NatsCluster> {
    const cluster = new NatsCluster(folder);
    const routes: number[] = [];
    for (const _ of SERVERS) {
      cluster.#ports.push(await freePort(HOST));
      routes.push(await freePort(HOST));
    }
    for (const from of SERVERS) {
      const urls: string[] = [];
      for (const to of SERVERS) {
        if (from === to) continue;
        const link = new Link(routes[to] as number);
        cluster.#links.set(`${from} ${to}`, link);
        urls.push(`nats://${HOST}:${await link.listen()}`);
      }
      const monitor = await freePort(HOST);
      cluster.#monitors.push(monitor);
      mkdirSync(cluster.#dir(from), { recursive: true });
      writeFileSync(
        join(cluster.#dir(from), "nats.conf"),
        [
          `listen: "${HOST}:${cluster.#ports[from]}"`,
          `server_name: server-${from}`,
          `http: "${HOST}:${monitor}"`,
          `jetstream { store_dir: ${JSON.stringify(join(cluster.#dir(from), "store"))} }`,
          // What they would tell each other of their addresses leads past the proxies: nothing listens on these ports.
          `cluster { name: test, listen: "${HOST}:${routes[from]}", advertise: "${HOST}:${from + 1}", routes: ${JSON.stringify(urls)} }`,
        ].join("\n"),
      );
    }
    for (const index of SERVERS) cluster.run(index);
    await cluster.withManager(async (manager) => void (await manager.getAccountInfo()));
    return cluster;
  }

  urlOf(...servers: readonly number[]): string {
    return servers.map((index) => `nats://${HOST}:${this.#ports[index]}`).join(",");
  }

  run(index: number): void {
    const config = join(this.#dir(index), "nats.conf");
    const log = join(this.#dir(index), "log");
    this.#processes[index] = spawn(findNatsServer().path, ["-c", config, "-l", log], { stdio: "ignore" });
  }

  async kill(index: number): Promise<void> {
    const child = this.#processes[index] as ChildProcess;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  signal(index: number, signal: NodeJS.Signals): void {
    this.#processes[index]?.kill(signal);
  }

  /** Only while it does not run. */
  wipe(index: number): void {
    rmSync(join(this.#dir(index), "store"), { recursive: true, force: true });
  }

  /** Cuts a server off from the others, or connects it again. Its clients keep it. */
  cut(index: number, isCut = true): void {
    for (const [name, link] of this.#links) if (name.split(" ").includes(String(index))) link.open = !isCut;
  }

  /** Past the project's bus; tried until the cluster answers. */
  async withManager<T>(work: (manager: JetStreamManager, connection: NatsConnection) => Promise<T>): Promise<T> {
    for (;;) {
      let connection: NatsConnection | undefined;
      try {
        connection = await connect({ servers: this.urlOf(...SERVERS).split(","), timeout: 1_000, reconnect: false });
        const manager = await connection.jetstreamManager({ checkAPI: false, timeout: 2_000 });
        return await work(manager, connection);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      } finally {
        await connection?.close();
      }
    }
  }

  stream(name: string): Promise<StreamInfo> {
    return this.withManager((manager) => manager.streams.info(name));
  }

  /** To which server the program is connected whose name begins so. */
  async serverOf(name: string): Promise<number> {
    for (;;) {
      for (const [index, port] of this.#monitors.entries()) {
        const answer = await fetch(`http://${HOST}:${port}/connz`);
        const { connections } = (await answer.json()) as { connections: { name?: string }[] };
        if (connections.some((one) => one.name?.startsWith(name))) return index;
      }
    }
  }

  /** Which server leads a stream. */
  async leaderOf(name: string): Promise<number> {
    for (;;) {
      const leader = (await this.stream(name)).cluster?.leader;
      if (leader) return Number(leader.split("-")[1]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const [index, child] of this.#processes.entries()) {
      if (child?.exitCode === null && child.signalCode === null) await this.kill(index);
    }
    for (const link of this.#links.values()) link.close();
  }

  #dir(index: number): string {
    return join(this.#folder, `server-${index}`);
  }
}
