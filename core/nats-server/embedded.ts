/**
 * The nats-server that a coordinator brings along. It belongs to a folder: configuration, JetStream store, log
 * and `server.json`, which names its process. It may outlive a killed owner; the next start in the same folder
 * adopts it where its settings are the wanted ones, and ends it by its recorded process id otherwise. When it
 * dies it is started again on the same port and store.
 */
import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { resolve as resolvePath } from "node:path";
import { type Address, formatAddress, isLoopback, parseAddress } from "../config/address.ts";
import { UserError } from "../errors/user-error.ts";
import { findNatsServer, type NatsServerBinary } from "./find.ts";
import { greeting } from "./greeting.ts";
import { freePort, launch, localAddress } from "./launch.ts";
import { endProcess, isAlive } from "./process-identity.ts";
import { readRecord, removeRecord, type ServerRecord } from "./record.ts";
import { readConfig, renderConfig } from "./server-config.ts";

export interface NatsServerOptions {
  /** Made where missing; one server for each folder. */
  readonly dir: string;
  /** HOST:PORT; port 0 takes a free one. Default 127.0.0.1:0. */
  readonly listen?: string | undefined;
  /** Needed beyond loopback. */
  readonly token?: string | undefined;
  /** Default: what `findNatsServer` finds. */
  readonly binary?: NatsServerBinary | undefined;
}

export interface ServerExit {
  readonly reason: string;
  /** Resolves when it answers again; rejects with a UserError once restarting was given up. */
  readonly restarted: Promise<void>;
}

export interface EmbeddedNats {
  /** For clients on this host. The same after a restart. */
  readonly url: string;
  /** Of the process that runs now. */
  readonly pid: number;
  /** It ran already, started by an earlier owner. */
  readonly adopted: boolean;
  readonly binary: string;
  /** Ends the server and forgets its record. The store stays. */
  stop(): Promise<void>;
  /** Told when it dies without `stop`; it is being started again then. */
  onExit(callback: (exit: ServerExit) => void): void;
}

/** Attempts to find a free port, and to restart on the same one. */
const PORT_ATTEMPTS = 5;
const RESTART_ATTEMPTS = 8;
const FIRST_WAIT_MS = 100;
/** How often a server that is not our child is looked at. */
const WATCH_MS = 200;

/** @throws UserError: off loopback without a token, no nats-server, port in use. */
export async function startNatsServer(options: NatsServerOptions): Promise<EmbeddedNats> {
  const listen = parseAddress(options.listen ?? "127.0.0.1:0", "--nats-listen", { anyPort: true });
  if (!isLoopback(listen.host) && !options.token) {
    throw new UserError(
      `--nats-listen ${formatAddress(listen)} can be reached from other hosts, so it needs a shared token: ` +
        "set KEVO_TOKEN, here and on those hosts (8 characters or more).",
      2,
    );
  }
  const dir = resolvePath(options.dir);
  mkdirSync(dir, { recursive: true, mode: 0o700 });

  const adopted = await adoptOrEnd(dir, listen, options.token);
  if (adopted !== null) return supervise(dir, options.token, adopted, null, true);
  const binary = options.binary ?? findNatsServer();
  const started = await startAnew(dir, binary.path, listen, options.token);
  return supervise(dir, options.token, started.record, started.child, false);
}

/** The recorded server, if it lives and is as wanted; null when there is none (any more). */
async function adoptOrEnd(dir: string, listen: Address, token: string | undefined): Promise<ServerRecord | null> {
  const record = readRecord(dir);
  if (record === null) return null;
  if (isAlive(record.pid, record.startTime)) {
    const port = listen.port === 0 ? record.port : listen.port;
    const wanted = renderConfig(dir, { listen: { host: listen.host, port }, name: record.name, token });
    const address = localAddress(record);
    if (readConfig(dir) === wanted && (await greeting(address))?.server_name === record.name) return record;
    await endProcess(record.pid, record.startTime);
  }
  removeRecord(dir);
  return null;
}

async function startAnew(dir: string, binary: string, listen: Address, token: string | undefined) {
  for (let attempt = 1; ; attempt++) {
    const port = listen.port === 0 ? await freePort(listen.host) : listen.port;
    const name = `kevo-${randomUUID()}`;
    try {
      return await launch(dir, binary, { listen: { host: listen.host, port }, name, token });
    } catch (error) {
      removeRecord(dir);
      // A free port may be taken by another between looking and using; a port that was asked for is the user's.
      if (listen.port !== 0 || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

function supervise(
  dir: string,
  token: string | undefined,
  first: ServerRecord,
  firstChild: ChildProcess | null,
  adopted: boolean,
): EmbeddedNats {
  const tellExit = new Set<(exit: ServerExit) => void>();
  let record = first;
  let stopping = false;
  let restarting: Promise<void> | null = null;
  let watch: NodeJS.Timeout | undefined;

  const died = (reason: string) => {
    if (stopping || restarting !== null) return;
    clearInterval(watch);
    restarting = restart().finally(() => {
      restarting = null;
    });
    // Nobody need listen: the next command that needs the server fails by itself.
    restarting.catch(() => {});
    for (const tell of tellExit) tell({ reason, restarted: restarting });
  };

  const guard = (child: ChildProcess | null) => {
    if (child !== null) {
      child.once("exit", (code, signal) => died(signal ? `ended by ${signal}` : `ended with code ${code}`));
      if (child.exitCode !== null || child.signalCode !== null) died("ended at once");
      return;
    }
    watch = setInterval(() => {
      if (!isAlive(record.pid, record.startTime)) died("is gone");
    }, WATCH_MS);
    watch.unref();
  };

  const restart = async () => {
    const { host, port, name, binary } = record;
    for (let attempt = 1, wait = FIRST_WAIT_MS; !stopping; attempt++, wait *= 2) {
      try {
        const started = await launch(dir, binary, { listen: { host, port }, name, token });
        record = started.record;
        if (stopping) return await endProcess(record.pid, record.startTime);
        // After this promise has settled, so that a death right now counts as a new one.
        setImmediate(() => guard(started.child));
        return;
      } catch (error) {
        if (attempt === RESTART_ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  };

  guard(firstChild);
  return {
    url: `nats://${formatAddress(localAddress(record))}`,
    get pid() {
      return record.pid;
    },
    adopted,
    binary: record.binary,
    stop: async () => {
      stopping = true;
      clearInterval(watch);
      await restarting?.catch(() => {});
      await endProcess(record.pid, record.startTime);
      removeRecord(dir);
    },
    onExit: (callback) => void tellExit.add(callback),
  };
}
