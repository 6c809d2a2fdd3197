/**
 * `kevo.<run>.model`, request and reply: a worker reserves dollars of the run's budget before it calls a language
 * model, reports the cost afterwards, and stores and finds questions with their answers. Every request may be repeated:
 * ids and hashes identify it.
 */
import { z } from "zod";
import { callRecord, reservation } from "../model-call.ts";
import { WIRE_VERSION } from "../version.ts";
import { grantSecret } from "./grant.ts";

const v = z.literal(WIRE_VERSION);
const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** Of why a model proposes nothing. */
export const MAX_TROUBLE_CHARACTERS = 600;

export const modelRequest = z.discriminatedUnion("type", [
  z.object({ v, type: z.literal("reserve"), reservation }),
  /** Null: the cost is unknown, so its worst case stays counted. */
  z.object({
    v,
    type: z.literal("settle"),
    id: z.string().min(1).max(200),
    usd: z.number().nonnegative().nullable(),
    secret: grantSecret.optional(),
  }),
  z.object({ v, type: z.literal("record"), call: callRecord, secret: grantSecret.optional() }),
  /** The first good answer to a question in this run. */
  z.object({ v, type: z.literal("answered"), hash }),
  /** The recorded answer of the repeated run to a question: the first time (0) it was asked, the second, and so on. */
  z.object({ v, type: z.literal("recorded"), hash, index: z.int().nonnegative() }),
  /** The reason why a model proposes nothing, sent once for each kind: the run continues without it and reports it. */
  z.object({
    v,
    type: z.literal("trouble"),
    model: z.string(),
    kind: z.string().max(60),
    text: z.string().max(MAX_TROUBLE_CHARACTERS),
  }),
]);
export type ModelMessage = z.infer<typeof modelRequest>;

export const modelReply = z.object({
  v,
  /** `refused`: the reservation exceeds the rest of the budget. */
  status: z.enum(["done", "refused"]),
  /** Dollars of the run: all there were, and the sum of settled and pending calls. */
  budget_usd: z.number().nonnegative(),
  committed_usd: z.number().nonnegative(),
  /** Of a reservation: `settle` and `record` prove with it that they are of its holder. */
  secret: grantSecret.optional(),
  /** Answers `answered` and `recorded`. */
  call: callRecord.nullable(),
});
export type ModelReply = z.infer<typeof modelReply>;
