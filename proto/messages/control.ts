/** Small messages of a run: what is going on (`kevo.<run>.control`), a worker's request for log entries it missed (`kevo.<run>.gap`). */
import { z } from "zod";
import { logEntry } from "../log.ts";
import { runSpec } from "../run.ts";
import { WIRE_VERSION } from "../version.ts";

/** Published by the coordinator whenever it changes, and once a second. */
export const control = z.object({
  v: z.literal(WIRE_VERSION),
  run: z.string(),
  state: z.enum(["running", "paused", "stopping"]),
  /** Window of each island, by index. */
  windows: z.array(z.int().nonnegative()),
  /** Number of each island's newest log entry, by index, so that a worker notices a gap. */
  tails: z.array(z.int().nonnegative()),
});
export type Control = z.infer<typeof control>;

export const gapRequest = z.object({
  v: z.literal(WIRE_VERSION),
  island: z.int().nonnegative(),
  /** First number wanted; at most 500 entries come back. */
  from: z.int().nonnegative(),
});
export const gapReply = z.object({ v: z.literal(WIRE_VERSION), entries: z.array(logEntry) });

/** `kevo.runs`, request and reply: a worker that knows no run asks which one wants it. */
export const runsRequest = z.object({ v: z.literal(WIRE_VERSION), worker: z.string() });
export const runsReply = z.object({ v: z.literal(WIRE_VERSION), spec: runSpec });
