/** One question to a model and what is recorded of it. */
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { z } from "zod";
import { MODEL_ERROR_KINDS } from "./errors.ts";

export const message = z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() });
export type Message = z.infer<typeof message>;

/** A JSON schema (draft 2020-12) that the answer must fit, under a name. */
export interface AnswerSchema {
  readonly name: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

export interface ModelRequest {
  readonly messages: readonly Message[];
  readonly answer: AnswerSchema;
  /** Upper limit of what the model writes, completion and reasoning together, tokens. */
  readonly maxTokens: number;
  readonly temperature?: number | undefined;
  /**
   * Goes to the provider and into the content hash: the same question under another seed is another question,
   * which a caller needs to get several answers to it.
   */
  readonly seed?: number | undefined;
}

/** For whom a call is made; goes into the lineage. */
export const callLabels = z.object({
  proposer: z.string().min(1),
  /** Of the prompt, such as `diverse` or `repair`. */
  variant: z.string().nullable(),
  island: z.int().nonnegative().nullable(),
});
export type CallLabels = z.infer<typeof callLabels>;

export const callRecord = z.object({
  /** Unique for each attempt that may cost money. */
  id: z.string().min(1).max(200),
  /** SHA-256 of the question: model asked, messages, schema, limits, seed. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  ...callLabels.shape,
  /** As asked for, and as the response named itself (null where there was none). */
  model: z.string(),
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
  /** HTTP requests that were made for it. */
  attempts: z.int().nonnegative(),
  outcome: z.enum(["ok", ...MODEL_ERROR_KINDS]),
  /** Why there is no answer; one sentence. */
  error: z.string().nullable(),
  /** True: answered from a recording, nothing was sent and nothing was paid now. */
  replayed: z.boolean(),
  /** Milliseconds since 1970. */
  created_at: z.int(),
});
export type CallRecord = z.infer<typeof callRecord>;

/** The question's content hash. What a provider makes of the request (names of options) does not change it. */
export function hashOf(model: string, request: ModelRequest): string {
  const { messages, answer, maxTokens, temperature = null, seed = null } = request;
  const text = canonicalize({ model, messages, answer, maxTokens, temperature, seed }) as string;
  return createHash("sha256").update(text).digest("hex");
}
