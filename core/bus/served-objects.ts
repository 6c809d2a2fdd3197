/** Objects over plain messages: the coordinator reads the store, and gives parts of objects to programs that may not. */
import { createHash } from "node:crypto";
import { objectReply } from "@kevo/proto/messages/object.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import type { z } from "zod";
import type { Bus } from "./bus.ts";
import { BusError } from "./errors.ts";

/** In base64 well below the largest message of a server. */
const PART_BYTES = 384 * 1024;
const PART_TIMEOUT_MS = 10_000;
/** Objects kept between the requests for their parts. */
const KEPT = 4;

/** Answers a request for a part. */
export function partsOf(get: (hash: string) => Promise<Uint8Array | null>) {
  const kept = new Map<string, Promise<Uint8Array | null>>();
  return async ({ hash, offset }: { hash: string; offset: number }): Promise<z.input<typeof objectReply>> => {
    const reading = kept.get(hash) ?? get(hash);
    kept.set(hash, reading);
    for (const old of kept.keys()) if (kept.size > KEPT) kept.delete(old);
    const bytes = await reading.catch((error: unknown) => {
      kept.delete(hash);
      throw error;
    });
    // It may be stored the next time.
    if (bytes === null) kept.delete(hash);
    const part = Buffer.from(bytes ?? []).subarray(offset, offset + PART_BYTES);
    return { v: WIRE_VERSION, size: bytes?.length ?? null, data: part.toString("base64") };
  };
}

/** Part by part. @throws BusError when nobody answers, or the whole has another hash. */
export async function requestObject(bus: Pick<Bus, "request">, hash: string): Promise<Uint8Array | null> {
  const parts: Buffer[] = [];
  for (let offset = 0; ; ) {
    const request = { v: WIRE_VERSION, hash, offset };
    const { size, data } = await bus.request(subjects.objects, request, objectReply, PART_TIMEOUT_MS);
    if (size === null) return null;
    const part = Buffer.from(data, "base64");
    parts.push(part);
    offset += part.length;
    if (offset < size && part.length > 0) continue;
    const bytes = Buffer.concat(parts);
    const found = createHash("sha256").update(bytes).digest("hex");
    if (found === hash) return bytes;
    throw new BusError(hash, `object ${hash} arrived corrupt: its hash is ${found}`);
  }
}
