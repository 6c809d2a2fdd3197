/** `kevo.objects`, request and reply: a part of an object, by its SHA-256. */
import { z } from "zod";
import { WIRE_VERSION } from "../version.ts";

const v = z.literal(WIRE_VERSION);

export const objectRequest = z.object({
  v,
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Of the first byte wanted. */
  offset: z.int().nonnegative(),
});

export const objectReply = z.object({
  v,
  /** Of the whole object, bytes; null where there is none. */
  size: z.int().nonnegative().nullable(),
  /** Base64. Empty behind the end. */
  data: z.string(),
});
