/** Streams with an upper bound on what they store, created or brought up to date. */
import type { JetStreamManager, NatsError, StreamConfig } from "nats";

/** JetStream's error codes: stream not found, not enough room for the reserved bytes. */
const STREAM_NOT_FOUND = 10059;
const NO_ROOM = 10047;
/** Below this a server has no room to work with. */
const MIN_BYTES = 32 * 1024 ** 2;
/** Readers of one stream at once. */
export const MAX_CONSUMERS = 4096;

export const isCode = (error: unknown, code: number) => (error as NatsError).api_error?.err_code === code;
export const isStreamMissing = (error: unknown) => isCode(error, STREAM_NOT_FOUND);

/**
 * A server reserves what a stream may hold: where it has less room, the bound is lower.
 * @throws NatsError
 */
export async function boundedStream(
  manager: JetStreamManager,
  config: Partial<StreamConfig> & { name: string },
  maxBytes: number,
): Promise<void> {
  const present = await manager.streams.info(config.name).then(
    ({ config: stored }) => stored,
    (error: unknown) => {
      if (isStreamMissing(error)) return null;
      throw error;
    },
  );
  // A reader limit is set once, when the stream is made.
  const { max_consumers: _once, ...changeable } = config;
  for (let bytes = maxBytes; ; bytes /= 2) {
    try {
      if (present === null) await manager.streams.add({ ...config, max_bytes: bytes });
      else await manager.streams.update(config.name, { ...changeable, max_bytes: bytes });
      return;
    } catch (error) {
      if (!isCode(error, NO_ROOM) || bytes <= MIN_BYTES) throw error;
    }
  }
}
