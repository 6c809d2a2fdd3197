/** Small messages of a run: its state, a worker's request for missed log entries, a person's request to stop. */
import { z } from "zod";
import { logEntry } from "../log.ts";
import { runSpec } from "../run.ts";
import { WIRE_VERSION } from "../version.ts";

const v = z.literal(WIRE_VERSION);

/** `kevo.<run>.control`: published by the coordinator whenever it changes, and once a second. */
export const control = z.object({
  v,
  run: z.string(),
  /** `stopping`: no further batch is taken. */
  state: z.enum(["running", "stopping"]),
  /** How many candidates each island may have outstanding, by index; 0 pauses it. */
  windows: z.array(z.int().nonnegative()),
  /** Number of each island's newest log entry, by index, so that a worker notices a gap. */
  tails: z.array(z.int().min(-1)),
  /** How often a person has asked for a migration: when it grows, elites are offered and adopted at once. */
  migrations: z.int().nonnegative().default(0),
  /** Number of each island's newest log entry when the latest was asked for; empty before that. */
  migration_tails: z.array(z.int().min(-1)).default([]),
});
export type Control = z.infer<typeof control>;

/** `kevo.<run>.gap`, request and reply. */
export const gapRequest = z.object({
  v,
  island: z.int().nonnegative(),
  /** First number wanted; at most 500 entries come back. */
  from: z.int().nonnegative(),
});
export const gapReply = z.object({ v, entries: z.array(logEntry) });

/** `kevo.<run>.stop`, request and reply: accept no more batches, wait for the outstanding candidates, name the winner. */
export const stopRequest = z.object({ v });
export const stopReply = z.object({ v });

/** `kevo.runs` (any run that wants a worker) and `kevo.<run>.spec` (this one), request and reply. */
export const runsRequest = z.object({ v, worker: z.string() });
export const runsReply = z.object({ v, spec: runSpec });
