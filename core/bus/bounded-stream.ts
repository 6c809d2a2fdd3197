/** Streams with an upper bound on what they store, created or brought up to date. */
import type { JetStreamManager, NatsConnection, NatsError, StreamConfig } from "nats";
import { isNoRoom, isTooFewServers, refusalOf } from "./jetstream-refusal.ts";

/** JetStream's error code for a stream not found. */
const STREAM_NOT_FOUND = 10059;
/** Below this a server has no room to work with. */
const MIN_BYTES = 32 * 1024 ** 2;
/** Readers of one stream at once. */
export const MAX_CONSUMERS = 4096;
/** Copies that a cluster keeps, unless the user says otherwise: it then works on without any one of its servers. */
const CLUSTER_REPLICAS = 3;

export const isCode = (error: unknown, code: number) => (error as NatsError).api_error?.err_code === code;
export const isStreamMissing = (error: unknown) => isCode(error, STREAM_NOT_FOUND);

/** Where streams are made. */
export interface StreamPlace {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly url: string;
  /** Copies that the user wants; undefined for what the cluster gives. */
  readonly replicas: number | undefined;
}

/**
 * A server reserves what a stream may hold: where it has less room, the bound is lower.
 * @throws UserError for what the server does not grant; NatsError for what may pass
 */
export async function boundedStream(
  place: StreamPlace,
  config: Partial<StreamConfig> & { name: string },
  maxBytes: number,
): Promise<void> {
  const { connection, manager, url } = place;
  let replicas = place.replicas ?? (connection.info?.cluster === undefined ? 1 : CLUSTER_REPLICAS);
  let bytes = maxBytes;
  const explain = (error: unknown) => {
    const wanted = place.replicas === undefined ? null : replicas;
    const hasJetStream = connection.info?.jetstream === true;
    return refusalOf(error, { url, stream: config.name, replicas: wanted, bytes, hasJetStream }) ?? error;
  };
  const present = await manager.streams.info(config.name).then(
    ({ config: stored }) => stored,
    (error: unknown) => {
      if (isStreamMissing(error)) return null;
      throw explain(error);
    },
  );
  // A reader limit is set once, when the stream is made.
  const { max_consumers: _once, ...changeable } = config;
  for (;;) {
    const bounds = { max_bytes: bytes, num_replicas: replicas };
    try {
      if (present !== null) await manager.streams.update(config.name, { ...changeable, ...bounds });
      else {
        await manager.streams.add({ ...config, ...bounds });
        // It has just taken all the room that there was, and another stream needs some.
        const half = { ...changeable, ...bounds, max_bytes: Math.max(MIN_BYTES, bytes / 2) };
        if (bytes < maxBytes) await manager.streams.update(config.name, half);
      }
      return;
    } catch (error) {
      if (isNoRoom(error) && bytes > MIN_BYTES) bytes = Math.max(MIN_BYTES, bytes / 2);
      // A small cluster keeps as many as it can; one that has more already keeps them while a server is away.
      else if (isTooFewServers(error) && place.replicas === undefined && replicas > (present?.num_replicas ?? 1)) {
        replicas = present?.num_replicas ?? 1;
      } else throw explain(error);
    }
  }
}
