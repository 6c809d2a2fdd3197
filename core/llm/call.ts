/** One question to a model. `@kevo/proto/model-call.ts` defines its record. */
import { createHash } from "node:crypto";
import type { Message } from "@kevo/proto/model-call.ts";
import canonicalize from "canonicalize";

export type { CallLabels, CallRecord, Message } from "@kevo/proto/model-call.ts";

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

/** The question's content hash. The names of a provider's request options do not change it. */
export function hashOf(model: string, request: ModelRequest): string {
  const { messages, answer, maxTokens, temperature = null, seed = null } = request;
  const text = canonicalize({ model, messages, answer, maxTokens, temperature, seed }) as string;
  return createHash("sha256").update(text).digest("hex");
}
