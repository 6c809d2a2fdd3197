/** What a question to a model can come back with instead of an answer. */
import type { CallRecord } from "./call.ts";

export const MODEL_ERROR_KINDS = [
  /** The provider refuses the key. Nothing will work until somebody mends it. */
  "bad_key",
  /** The account has no money left. */
  "no_credits",
  /** Too many requests, still so after the retries. */
  "rate_limited",
  /** The prompt is longer than the model takes. */
  "overflow",
  /** The provider knows no such model. */
  "unknown_model",
  /** The request was refused for another reason of its own making. */
  "bad_request",
  /** The model refused to answer. */
  "refused",
  /** The answer was cut at the limit of tokens. */
  "truncated",
  /** No JSON, or JSON that does not fit the schema, also after the repair turn. */
  "invalid_answer",
  /** The provider answered with an error of its own (5xx, or HTML), still so after the retries. */
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

/** After these no call of the same client can succeed in this run, so a caller stops asking. */
const FINAL: ReadonlySet<ModelErrorKind> = new Set(["bad_key", "no_credits", "unknown_model"]);

/** A question without an answer. The message is one sentence for people and never holds a key. */
export class ModelError extends Error {
  override readonly name = "ModelError";
  readonly kind: ModelErrorKind;
  /** What was recorded of the call, where it was made at all. */
  readonly call: CallRecord | null;

  constructor(kind: ModelErrorKind, message: string, call: CallRecord | null = null) {
    super(message);
    this.kind = kind;
    this.call = call;
  }

  get final(): boolean {
    return FINAL.has(this.kind);
  }
}
