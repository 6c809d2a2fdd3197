/** `kevo.<run>.batch`, request and reply: a worker offers batch k of an island until the log contains it. */
import { z } from "zod";
import { madeCall, proposal } from "../log.ts";
import { WIRE_VERSION } from "../version.ts";
import { grantSecret } from "./grant.ts";

/** Of the whole of evolved code, in characters of UTF-16. */
export const MAX_EVOLVED_SOURCE_LENGTH = 128 * 1024;

export const batchRequest = z.object({
  v: z.literal(WIRE_VERSION),
  worker: z.string().min(1).max(200),
  island: z.int().nonnegative(),
  epoch: z.int().positive(),
  /** Of the lease. */
  secret: grantSecret.optional(),
  k: z.int().nonnegative(),
  /** Empty says that the island has nothing left to propose. */
  proposals: z.array(proposal).max(256),
  /** Evolved code, whole, by SHA-256: that of proposals which the run may not know yet. */
  sources: z.record(z.string().regex(/^[0-9a-f]{64}$/), z.string().max(MAX_EVOLVED_SOURCE_LENGTH)).optional(),
  /** Calls of models that ended since the batch before. */
  calls: z.array(madeCall).max(64).optional(),
  /** Of the population, for the progress view only. */
  diversity: z.number().min(0).max(1).nullable(),
});
export type BatchRequest = z.infer<typeof batchRequest>;

/** Why a batch is refused. */
const batchRefusal = z.enum([
  "unknown_island",
  /** Another worker holds the island now. */
  "stale_epoch",
  /** Not the next batch of its island. */
  "wrong_number",
  "budget_spent",
  "window_full",
  /** A configuration outside of the space, or evolved code where only configurations evolve. */
  "invalid_proposal",
  /** Evolved code that is neither stored nor sent along, or that was sent under the hash of another. */
  "missing_source",
]);
export type BatchRefusal = z.infer<typeof batchRefusal>;

export const batchReply = z.object({
  v: z.literal(WIRE_VERSION),
  /**
   * `accepted`: in the log, now or before. `held`: with --sync, waits for the other islands; ask again.
   * `refused`: `refusal` says why to programs, `reason` to people.
   */
  status: z.enum(["accepted", "held", "refused"]),
  /** A coordinator of before gives the reason alone. */
  refusal: batchRefusal.nullable().default(null),
  reason: z.string().nullable(),
  /** How many candidates of the island may be outstanding; 0 pauses it. */
  window: z.int().nonnegative(),
  /** The run takes no further batches. */
  stop: z.boolean(),
  /** Number of the island's newest log entry. */
  tail: z.int().nonnegative(),
});
export type BatchReply = z.infer<typeof batchReply>;
