/** The record of a call to a language model, and its possible outcomes. */
import { z } from "zod";
import { proposer } from "./proposer.ts";

export const MODEL_ERROR_KINDS = [
  /** The provider refuses the key. No call works until the key is replaced. */
  "bad_key",
  /** The account has no money left. */
  "no_credits",
  /** Too many requests, still so after the retries. */
  "rate_limited",
  /** The prompt is longer than the model takes. */
  "overflow",
  /** The provider knows no such model. */
  "unknown_model",
  /** There are no chat completions at the address, such as where `/v1` was forgotten. */
  "wrong_address",
  /** The request was refused for another defect in it. */
  "bad_request",
  /** The model refused to answer. */
  "refused",
  /** The answer was cut at the limit of tokens. */
  "truncated",
  /** No JSON, or JSON that does not fit the schema, also after the repair turn. */
  "invalid_answer",
  /** The provider still answered with an error (5xx, or a body that is not an answer) after the retries. */
  "server_error",
  /** No connection, or it was cut before the answer was there. */
  "unreachable",
  /** No answer in time. */
  "timeout",
  /** The run's dollars do not cover the call's worst case. Nothing was sent. */
  "over_budget",
  /** Calls failed in a row, so that the provider is left alone for a while. Nothing was sent. */
  "circuit_open",
  /** Replay: the recording has no answer to this question. */
  "not_recorded",
  /** The caller's signal. */
  "cancelled",
] as const;
export type ModelErrorKind = (typeof MODEL_ERROR_KINDS)[number];

const message = z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() });
export type Message = z.infer<typeof message>;

/** For whom a call is made. */
export const callLabels = z.object({
  proposer,
  /** Of the prompt, such as `diverse`. */
  variant: z.string().max(100).nullable(),
  island: z.int().nonnegative().nullable(),
});
export type CallLabels = z.infer<typeof callLabels>;

const callId = z.string().min(1).max(200);
const contentHash = z.string().regex(/^[0-9a-f]{64}$/);

export const reservation = z.object({
  /** Unique; the same id again is the same reservation. */
  id: callId,
  /** The most that the call can cost, dollars. */
  usd: z.number().nonnegative(),
  model: z.string().min(1),
  /** Content hash of the question. */
  hash: contentHash,
  ...callLabels.shape,
});
export type Reservation = z.infer<typeof reservation>;

export const callRecord = z.object({
  /** Unique for each attempt that may cost money. */
  id: callId,
  /** SHA-256 of the question: model asked, messages, schema, limits, seed. */
  hash: contentHash,
  ...callLabels.shape,
  /** As asked for, and as the response named itself (null where there was none). */
  model: z.string().min(1),
  answered_by: z.string().nullable(),
  messages: z.array(message),
  /** Text of the answer, also of one that did not fit; null where there was none. */
  answer: z.string().nullable(),
  prompt_tokens: z.int().nonnegative().nullable(),
  /** Without reasoning. */
  completion_tokens: z.int().nonnegative().nullable(),
  reasoning_tokens: z.int().nonnegative().nullable(),
  reserved_usd: z.number().nonnegative(),
  /** Null: unknown, so it counts at what was reserved. */
  cost_usd: z.number().nonnegative().nullable(),
  latency_ms: z.number().nonnegative(),
  /** Of the question: 1, or more where earlier ones failed. */
  attempt: z.int().positive(),
  /** True: another attempt followed, so that a replay passes over this one. */
  retried: z.boolean(),
  /** Of the call itself: whether the answer fitted the signature is not known here. */
  outcome: z.enum(["ok", ...MODEL_ERROR_KINDS]),
  /** Why there is no answer; one sentence. */
  error: z.string().nullable(),
  /** True: answered from a recording, nothing was sent and nothing was paid now. */
  replayed: z.boolean(),
  /** Milliseconds since 1970. */
  created_at: z.int(),
});
export type CallRecord = z.infer<typeof callRecord>;
