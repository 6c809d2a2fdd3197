/** The possible answers to a batch that a worker offers. */
import type { BatchRefusal } from "@kevo/proto/messages/batch.ts";
import { type Effects, NOTHING } from "./records.ts";

export interface Refusal {
  readonly code: BatchRefusal;
  /** For people. */
  readonly reason: string;
}

export interface Offer {
  /** `held`: with --sync a batch waits for those of the other islands. */
  readonly status: "accepted" | "held" | "refused";
  readonly refusal: Refusal | null;
  readonly effects: Effects;
}

export const HELD: Offer = { status: "held", refusal: null, effects: NOTHING };

export function accepted(effects: Effects): Offer {
  return { status: "accepted", refusal: null, effects };
}

export function refused(code: BatchRefusal, reason: string): Offer {
  return { status: "refused", refusal: { code, reason }, effects: NOTHING };
}
