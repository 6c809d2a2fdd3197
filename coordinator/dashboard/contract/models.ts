/** `runs/:run/models`, `runs/:run/calls`, `runs/:run/calls/:call`. */
import { z } from "zod";
import { about, candidateId, count, foreignText, moment } from "./common.ts";

const callTotals = {
  calls: count,
  answered: count,
  failed: count,
  prompt_tokens: count,
  completion_tokens: count,
  reasoning_tokens: count,
  /** Settled cost, and the reservation of calls that are not settled. */
  usd: z.number(),
  /** Candidates that came of them, those that were measured, and those that were the best so far. */
  candidates: count,
  ok: count,
  improvements: count,
};

export const arm = z.object({
  model: z.string(),
  /** Of the prompt. */
  variant: z.string().nullable(),
  ...callTotals,
  /** Product of the gains of its improvements: 1.1 for 10 per cent; 1 where there was none. */
  gain: z.number(),
  latency_ms: z.number().nullable(),
});
export type Arm = z.infer<typeof arm>;

export const modelsAnswer = z.object({
  about,
  totals: z.object(callTotals),
  /** Arms of the bandit. */
  arms: z.array(arm),
  /** What the rest of the search earned: candidates and improvements by proposer, with its gain. */
  proposers: z.array(
    z.object({ proposer: z.string(), evaluations: count, improvements: count, gain: z.number(), usd: z.number() }),
  ),
  /** Dollars and the best so far over the calls: columns of equal length. */
  curve: z.object({
    at: z.array(moment),
    calls: z.array(count),
    usd: z.array(z.number()),
    value: z.array(z.number().nullable()),
  }),
  /** Why models proposed no more. */
  trouble: z.array(z.string()),
});
export type ModelsAnswer = z.infer<typeof modelsAnswer>;

export const callsQuery = z.object({
  at: z.coerce.number().int().nonnegative().optional(),
  offset: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  model: z.string().optional(),
  variant: z.string().optional(),
  outcome: z.string().optional(),
});

export const callRow = z.object({
  call: z.string(),
  at: moment,
  proposer: z.string(),
  model: z.string(),
  answered_by: z.string().nullable(),
  variant: z.string().nullable(),
  island: count.nullable(),
  /** Null while it is in progress. */
  outcome: z.string().nullable(),
  error: z.string().nullable(),
  prompt_tokens: count.nullable(),
  completion_tokens: count.nullable(),
  reasoning_tokens: count.nullable(),
  /** Null: unknown, so it counts at what was reserved. */
  usd: z.number().nullable(),
  reserved_usd: z.number(),
  latency_ms: z.number().nullable(),
  replayed: z.boolean(),
  candidates: z.array(candidateId),
  /** Of its best candidate over the best before it; null where none was better. */
  gain: z.number().nullable(),
});
export type CallRow = z.infer<typeof callRow>;

export const callsAnswer = z.object({ about, total: count, offset: count, calls: z.array(callRow) });
export type CallsAnswer = z.infer<typeof callsAnswer>;

export const callAnswer = z.object({
  about,
  call: callRow,
  messages: z.array(z.object({ role: z.string(), content: foreignText })),
  answer: foreignText.nullable(),
});
export type CallAnswer = z.infer<typeof callAnswer>;
