/** Failures of a question to a model. */
import type { CallRecord, ModelErrorKind } from "@kevo/proto/model-call.ts";

export type { ModelErrorKind } from "@kevo/proto/model-call.ts";

/** After these no call of the same client can succeed in this run, so a caller stops asking. */
const FINAL: ReadonlySet<ModelErrorKind> = new Set(["bad_key", "no_credits", "unknown_model", "wrong_address"]);

/** A question without an answer. The message is one sentence for people and never holds a key. */
export class ModelError extends Error {
  override readonly name = "ModelError";
  readonly kind: ModelErrorKind;
  /** The record of the call, if it was made. */
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
