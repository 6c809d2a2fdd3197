/** Kernel packages and evolved code by SHA-256, in a JetStream object store. */
import { createHash } from "node:crypto";
import { OBJECT_BUCKET } from "@kevo/proto/subjects.ts";
import { DiscardPolicy, type NatsConnection, type ObjectStore, StorageType } from "nats";
import { boundedStream, type StreamPlace } from "./bounded-stream.ts";
import { BusError } from "./errors.ts";

/** Reading an object without its chunks would wait for ever. */
const READ_TIMEOUT_MS = 15_000;

export interface Objects {
  put(hash: string, bytes: Uint8Array): Promise<void>;
  get(hash: string): Promise<Uint8Array | null>;
  /** The store may be another one after a reconnect. */
  forget(): void;
}

/** Kernels and evolved sources of all runs. An object that exceeds the limit is refused. */
const MAX_OBJECT_BYTES = 4 * 1024 ** 3;

/** The bucket with its bound. Only the coordinator may. @throws as `boundedStream` does */
export async function openObjectStore(place: StreamPlace): Promise<void> {
  // As the library makes it, which binds to one that is there: its own way sets no bound that an account's limit allows.
  const config = {
    name: `OBJ_${OBJECT_BUCKET}`,
    subjects: [`$O.${OBJECT_BUCKET}.C.>`, `$O.${OBJECT_BUCKET}.M.>`],
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    allow_rollup_hdrs: true,
    allow_direct: true,
  };
  await boundedStream(place, config, MAX_OBJECT_BYTES);
}

export function createObjects(connection: NatsConnection): Objects {
  let opened: Promise<ObjectStore> | null = null;
  const store = () => {
    opened ??= connection
      .jetstream({ timeout: 5000 })
      .views.os(OBJECT_BUCKET, { storage: StorageType.File })
      .catch((error: unknown) => {
        opened = null;
        throw error;
      });
    return opened;
  };
  return {
    put: async (hash, bytes) => {
      if (sha256(bytes) !== hash) throw new BusError(hash, `object ${hash}: the bytes have the hash ${sha256(bytes)}`);
      await naming(hash, async () => {
        const objects = await store();
        const known = await objects.info(hash);
        if (known !== null && !known.deleted && known.size === bytes.length) return;
        await objects.putBlob({ name: hash }, bytes);
      });
    },
    get: async (hash) => {
      const bytes = await naming(hash, async () => withTimeout((await store()).getBlob(hash), hash));
      if (bytes !== null && sha256(bytes) !== hash) {
        throw new BusError(hash, `object ${hash} in the object store is corrupt: its hash is ${sha256(bytes)}`);
      }
      return bytes;
    },
    forget: () => {
      opened = null;
    },
  };
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** The library's errors are bare codes. */
async function naming<T>(hash: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BusError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new BusError(hash, `the object store is not available for object ${hash}: ${why}`);
  }
}

async function withTimeout<T>(work: Promise<T>, hash: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new BusError(hash, `object ${hash} did not arrive within ${READ_TIMEOUT_MS / 1000} s`)),
      READ_TIMEOUT_MS,
    );
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}
