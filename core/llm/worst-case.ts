/** The most that a call can cost, before it is made. */
import type { ModelRequest } from "./call.ts";
import { type Price, usdOf } from "./prices.ts";

/** Tokens that a provider adds around each message and in front of all of them. */
const PER_MESSAGE = 16;
const PER_CALL = 512;

/**
 * Upper bound of a prompt's tokens. A token of the byte-level vocabularies in use is at least one byte of UTF-8, so the
 * bytes of any text bound its tokens; ordinary text has a quarter as many. The schema is part of the prompt.
 */
export function promptTokensAtMost({ messages, answer }: ModelRequest): number {
  const bytes = messages.reduce((sum, { content }) => sum + Buffer.byteLength(content) + PER_MESSAGE, 0);
  return PER_CALL + bytes + Buffer.byteLength(JSON.stringify(answer));
}

/**
 * Dollars. Bounding, because `maxTokens` is sent as `max_completion_tokens`, which limits completion and reasoning
 * together, and because nothing is assumed to be cached.
 */
export function worstCaseUsd(price: Price, request: ModelRequest): number {
  return usdOf(price, { prompt: promptTokensAtMost(request), cached: 0, output: request.maxTokens });
}
