/** `kevo.<run>.lease`, request and reply: a worker asks for an island, renews it, or gives it back. */
import { z } from "zod";
import { WIRE_VERSION } from "../version.ts";
import { grantSecret } from "./grant.ts";

export const leaseRequest = z.discriminatedUnion("type", [
  /** Any island without a holder. */
  z.object({ v: z.literal(WIRE_VERSION), type: z.literal("acquire"), worker: z.string().min(1).max(200) }),
  z.object({
    v: z.literal(WIRE_VERSION),
    type: z.enum(["renew", "release"]),
    worker: z.string().min(1).max(200),
    island: z.int().nonnegative(),
    epoch: z.int().positive(),
    /** Of the lease. */
    secret: grantSecret.optional(),
  }),
]);
export type LeaseRequest = z.infer<typeof leaseRequest>;

export const leaseReply = z.discriminatedUnion("status", [
  /** The epoch only grows; a batch under an older one is refused. Renew well within `ttl_ms`. */
  z.object({
    v: z.literal(WIRE_VERSION),
    status: z.literal("granted"),
    island: z.int().nonnegative(),
    epoch: z.int().positive(),
    /** Accompanies every request under this lease. */
    secret: grantSecret.optional(),
    ttl_ms: z.int().positive(),
    /** Number of the island's newest log entry: a holder folds up to it before it asks. */
    tail: z.int().nonnegative(),
  }),
  z.object({ v: z.literal(WIRE_VERSION), status: z.literal("none"), retry_ms: z.int().positive() }),
  z.object({ v: z.literal(WIRE_VERSION), status: z.enum(["lost", "released", "stopped"]) }),
]);
export type LeaseReply = z.infer<typeof leaseReply>;
