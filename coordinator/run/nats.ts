/** NATS for a run: the server that was named or an embedded one beside the database, and a connection to it. */
import { mkdirSync } from "node:fs";
import type { Bus } from "@kevo/core/bus/bus.ts";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { openClusterKeys } from "@kevo/core/identity/cluster-keys.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { natsFolder } from "../identity/nats-folder.ts";
import { startNatsServer } from "../nats-server/embedded.ts";
import type { Launch } from "./launch.ts";

export interface NatsOptions {
  readonly run: RunSpec["run"];
  readonly launch: Pick<Launch, "nats" | "nats_creds" | "nats_replicas" | "nats_listen">;
  /** Path of the lineage database. */
  readonly database: string;
  readonly token: string | undefined;
  readonly onNote: (kind: "nats" | "malformed", message: string) => void;
  /** The embedded server has ended and cannot be started again. */
  readonly onFailed: (error: unknown) => void;
}

/** Each is stored, so that who sends nonsense would fill the database. */
const MAX_DROPPED_TOLD = 100;

export interface OpenNats {
  readonly url: string;
  readonly bus: Bus;
  /** For what this database's coordinators give to workers. */
  readonly leaseSecret: string;
}

/** @param stack collects what must be closed. */
export async function openNats(stack: AsyncDisposableStack, options: NatsOptions): Promise<OpenNats> {
  const { run, token, onNote } = options;
  const url = options.launch.nats ?? (await startEmbedded(stack, options));
  const { nats_creds: creds, nats_replicas: replicas } = options.launch;
  const bus = await connectBus({ url, creds, replicas, role: "coordinator", token, name: `coordinator ${run}` });
  stack.defer(() => bus.close());
  let dropped = 0;
  bus.onMalformed((subject, why) => {
    dropped++;
    if (dropped < MAX_DROPPED_TOLD) onNote("malformed", `dropped a message on ${subject}: ${why}`);
    if (dropped === MAX_DROPPED_TOLD) onNote("malformed", `dropped ${dropped} messages; further ones are not reported`);
  });
  bus.onDisconnect(() => onNote("nats", "lost the connection to NATS; reconnecting"));
  bus.onReconnect(() => onNote("nats", "reconnected to NATS"));
  const dir = natsFolder(options.database);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return { url, bus, leaseSecret: openClusterKeys(dir).leaseSecret };
}

async function startEmbedded(stack: AsyncDisposableStack, options: NatsOptions): Promise<string> {
  const { launch, database, token, onNote, onFailed } = options;
  const server = await startNatsServer({
    dir: natsFolder(database),
    listen: launch.nats_listen ?? undefined,
    token,
    onUnchecked: ({ version, path }) => onNote("nats", `starts nats-server ${version} from PATH: ${path}`),
  });
  stack.defer(() => server.stop());
  server.onExit(({ reason, restarted }) => {
    onNote("nats", `nats-server ${reason}; restarting it`);
    restarted.catch(onFailed);
  });
  return server.url;
}
