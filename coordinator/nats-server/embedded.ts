/**
 * The nats-server that a coordinator brings along. It belongs to a folder: configuration, JetStream store, log
 * and `server.json`, which names its process. It ends when its owner is killed; where that could not be seen to, the
 * next start in the same folder adopts it where its settings are the wanted ones, and ends it by its recorded process id
 * otherwise. When it dies it is started again on the same port and store. Several owners of one folder share the server: it ends
 * with the last of them.
 */
import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { resolve as resolvePath } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Address, formatAddress, isLoopback, parseAddress } from "@kevo/core/config/address.ts";
import { loopbackHost } from "@kevo/core/config/loopback.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { type ClusterKeys, openClusterKeys } from "@kevo/core/identity/cluster-keys.ts";
import { publishLocalSecret, removeLocalSecret } from "@kevo/core/identity/local-secrets.ts";
import { describeEnd } from "@kevo/core/process/ended.ts";
import { endProcess, isAlive } from "@kevo/core/process/process-identity.ts";
import { ownCommand } from "@kevo/core/program/own-command.ts";
import { doubling, retry } from "@kevo/core/retry/retry.ts";
import { hasAuthority, ownFiles, renewOwnWhenDue } from "../identity/authority.ts";
import { type Admission, admissionTo } from "./admission.ts";
import { endWithOwner } from "./end-with-owner.ts";
import { findNatsServer, type NatsServerBinary } from "./find.ts";
import { greeting } from "./greeting.ts";
import { freePort, launch, localAddress, localUrl } from "./launch.ts";
import { type Owners, openOwners } from "./owners.ts";
import { readRecord, removeRecord, type ServerRecord } from "./record.ts";
import { readConfig, renderConfig } from "./server-config.ts";

export interface NatsServerOptions {
  /** Made where missing; one server for each folder. */
  readonly dir: string;
  /** HOST:PORT; port 0 takes a free one. Default: a free port on loopback. */
  readonly listen?: string | undefined;
  /** Needed beyond loopback. */
  readonly token?: string | undefined;
  /** Called with the binary that is about to start, if the user did not name it and it was not checked. */
  readonly onUnchecked?: ((binary: NatsServerBinary) => void) | undefined;
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
  readonly keys: ClusterKeys;
  /** Ends the server, unless another owner of the folder still uses it. The store stays. */
  stop(): Promise<void>;
  /** Told when it dies without `stop`; it is being started again then. */
  onExit(callback: (exit: ServerExit) => void): void;
}

/** Tries to find a free port, and to restart on the same one. */
const PORT_TRIES = 5;
const RESTART_TRIES = 8;
const FIRST_WAIT_MS = 100;
/** How long a server lives whose owners are dead. */
const ORPHAN_MS = 1_500;
const ORPHAN_LOOK_MS = 10;
/** How often a server that is not our child is looked at. */
const WATCH_MS = 200;

/** @throws UserError: off loopback without a token, no nats-server, port in use. */
export async function startNatsServer(options: NatsServerOptions): Promise<EmbeddedNats> {
  const listen =
    options.listen === undefined
      ? { host: await loopbackHost(), port: 0 }
      : parseAddress(options.listen, "--nats-listen", { anyPort: true });
  if (!isLoopback(listen.host) && !options.token && !hasAuthority(resolvePath(options.dir))) {
    throw new UserError(
      `--nats-listen ${formatAddress(listen)} can be reached from other hosts, so it requires authentication: ` +
        `invite those hosts (\`${ownCommand("coordinator")} invite --role evaluator --out FILE\`), or set KEVO_TOKEN here and on them (8 characters or more).`,
      2,
    );
  }
  const dir = resolvePath(options.dir);
  mkdirSync(dir, { recursive: true, mode: 0o700 });

  const owners = openOwners(dir);
  return owners.alone(async () => {
    if (!isLoopback(listen.host)) await renewOwnWhenDue(dir);
    const keys = openClusterKeys(dir);
    // Looked up at each start: invitations may have been made meanwhile.
    const admission = () => admissionTo(dir, keys, options.token, listen.host);
    const before = readRecord(dir);
    const adopted = await adoptOrEnd(dir, listen, admission, owners);
    const started =
      adopted === null
        ? await startAnew(dir, chosen(options).path, listen, admission, before?.port)
        : { record: adopted, child: null };
    owners.join();
    const { tls } = admission();
    publishLocalSecret("nats", started.record.port, { keys: keys.path, ...(tls !== null && { tls: ownFiles(dir) }) });
    return supervise({ dir, keys, admission, owners }, started, adopted !== null);
  });
}

/** The package's binary is checked by its hash; one on PATH is used unchecked. */
function chosen({ binary = findNatsServer(), onUnchecked }: NatsServerOptions): NatsServerBinary {
  if (binary.source === "PATH") onUnchecked?.(binary);
  return binary;
}

/** The recorded server, if it lives and has the wanted settings; otherwise null. */
async function adoptOrEnd(
  dir: string,
  listen: Address,
  admission: () => Admission,
  owners: Owners,
): Promise<ServerRecord | null> {
  const record = readRecord(dir);
  if (record === null) return null;
  // Whoever owned it is dead, so it is about to be ended: neither adopted for an instant, nor met on its port.
  if (!owners.others()) await ended(record, ORPHAN_MS);
  if (isAlive(record.pid, record.startTime)) {
    const port = listen.port === 0 ? record.port : listen.port;
    const wanted = renderConfig(dir, {
      listen: { host: listen.host, port },
      name: record.name,
      admission: admission(),
    });
    if (readConfig(dir) === wanted && (await answers(record))) return record;
    if (owners.others()) {
      throw new UserError(
        `The nats-server in ${dir} is in use by another coordinator with another address or token. ` +
          "Use the same --nats-listen and KEVO_TOKEN, or another folder for the database (--db).",
      );
    }
    await endProcess(record.pid, record.startTime);
  }
  removeRecord(dir);
  return null;
}

async function ended({ pid, startTime }: ServerRecord, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (isAlive(pid, startTime) && performance.now() < deadline) await sleep(ORPHAN_LOOK_MS);
}

const answers = async (record: ServerRecord) => (await greeting(localAddress(record)))?.server_name === record.name;

/** @param earlier port of a server that was killed, at which clients on this host look for it */
async function startAnew(
  dir: string,
  binary: string,
  listen: Address,
  admission: () => Admission,
  earlier: number | undefined,
) {
  let wanted = listen.port === 0 ? earlier : listen.port;
  const tryPort = async () => {
    const port = wanted ?? (await freePort(listen.host));
    if (listen.port === 0) wanted = undefined;
    const name = `kevo-${randomUUID()}`;
    try {
      return await launch(dir, binary, { listen: { host: listen.host, port }, name, admission: admission() });
    } catch (error) {
      removeRecord(dir);
      throw error;
    }
  };
  // A free port may be taken by another between looking and using; a port that was asked for is the user's.
  return retry(tryPort, { tries: listen.port === 0 ? PORT_TRIES : 1, waitMs: 0 });
}

interface Place {
  readonly dir: string;
  readonly keys: ClusterKeys;
  readonly admission: () => Admission;
  readonly owners: Owners;
}

function supervise(
  { dir, keys, admission, owners }: Place,
  first: { readonly record: ServerRecord; readonly child: ChildProcess | null },
  adopted: boolean,
): EmbeddedNats {
  const tellExit = new Set<(exit: ServerExit) => void>();
  let record = first.record;
  const stop = new AbortController();
  let restarting: Promise<void> | null = null;
  let watch: NodeJS.Timeout | undefined;

  let unwatch = endWithOwner(record.pid);

  const died = (reason: string) => {
    if (stop.signal.aborted || restarting !== null) return;
    clearInterval(watch);
    unwatch();
    restarting = restart().finally(() => {
      restarting = null;
    });
    // Nobody need listen: the next command that needs the server fails by itself.
    restarting.catch(() => {});
    for (const tell of tellExit) tell({ reason, restarted: restarting });
  };

  const guard = (child: ChildProcess | null) => {
    if (child !== null) {
      child.once("exit", (code, signal) => died(describeEnd({ code, signal })));
      if (child.exitCode !== null || child.signalCode !== null) died("ended immediately");
      return;
    }
    watch = setInterval(() => {
      if (!isAlive(record.pid, record.startTime)) died("no longer runs");
    }, WATCH_MS);
    watch.unref();
  };

  const restart = async () => {
    const again = () => owners.alone(() => restartOrJoin(dir, admission, record));
    const how = { tries: RESTART_TRIES, waitMs: doubling(FIRST_WAIT_MS), signal: stop.signal };
    const { record: next, child } = await retry(again, how);
    record = next;
    unwatch = endWithOwner(record.pid);
    // After this promise has settled, so that a death right now counts as a new one.
    setImmediate(() => {
      if (!stop.signal.aborted) guard(child);
    });
  };

  guard(first.child);
  return {
    url: localUrl(record),
    get pid() {
      return record.pid;
    },
    adopted,
    binary: record.binary,
    keys,
    stop: async () => {
      stop.abort();
      clearInterval(watch);
      await restarting?.catch(() => {});
      await owners.alone(async () => {
        owners.leave();
        unwatch();
        if (owners.others()) return;
        await endProcess(record.pid, record.startTime);
        removeRecord(dir);
        removeLocalSecret("nats", record.port);
      });
    },
    onExit: (callback) => void tellExit.add(callback),
  };
}

/** Another owner may have been faster. */
async function restartOrJoin(dir: string, admission: () => Admission, died: ServerRecord) {
  const current = readRecord(dir);
  if (current !== null && current.pid !== died.pid && isAlive(current.pid, current.startTime)) {
    if (await answers(current)) return { record: current, child: null };
  }
  const { host, port, name, binary } = died;
  return launch(dir, binary, { listen: { host, port }, name, admission: admission() });
}
