/** What a run's coordinator answers on `kevo.<run>.model`. */

import type { Bus, Subscription } from "@kevo/core/bus/bus.ts";
import type { EventData } from "@kevo/proto/event.ts";
import { type ModelMessage, type ModelReply, modelRequest } from "@kevo/proto/messages/model.ts";
import type { CallRecord } from "@kevo/proto/model-call.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import type { ModelLedger } from "../ledger/model-ledger.ts";
import type { Grants } from "./grants.ts";

/** Calls of the run that this one repeats, such as `recordedCall` finds them. */
export type RecordedCalls = (hash: string, index: number) => CallRecord | null;

export interface ModelParts {
  readonly ledger: ModelLedger;
  readonly recorded: RecordedCalls;
  readonly grants: Grants;
  /** A model proposes nothing; each kind of trouble of a model is told once. */
  readonly onTrouble: (trouble: EventData<"model_trouble">) => void;
}

const NOT_YOURS = "another worker reserved this call";

export function serveModelCalls(bus: Bus, run: string, parts: ModelParts): Subscription {
  const told = new Set<string>();
  const onTrouble = (model: string, kind: string, text: string) => {
    if (told.has(`${model} ${kind}`)) return;
    told.add(`${model} ${kind}`);
    parts.onTrouble({ model, kind, text });
  };
  return bus.serve(subjects.model(run), modelRequest, (request) => answer(request, parts, onTrouble));
}

async function answer(
  request: ModelMessage,
  { ledger, recorded, grants }: ModelParts,
  onTrouble: (model: string, kind: string, text: string) => void,
): Promise<ModelReply> {
  const reply = { v: WIRE_VERSION, status: "done", budget_usd: ledger.budgetUsd, call: null } as const;
  switch (request.type) {
    case "reserve": {
      const { granted, committedUsd } = await ledger.reserve(request.reservation);
      if (!granted) return { ...reply, status: "refused", committed_usd: committedUsd };
      return { ...reply, committed_usd: committedUsd, secret: grants.call(request.reservation.id) };
    }
    case "settle":
      if (!grants.isCall(request.id, request.secret)) throw new Error(NOT_YOURS);
      await ledger.settle(request.id, request.usd);
      break;
    case "record":
      // A replayed call was never reserved.
      if (ledger.isReserved(request.call.id) && !grants.isCall(request.call.id, request.secret))
        throw new Error(NOT_YOURS);
      await ledger.record(request.call);
      break;
    case "trouble":
      onTrouble(request.model, request.kind, request.text);
      break;
    case "answered":
      return { ...reply, committed_usd: ledger.committedUsd, call: ledger.answered(request.hash) };
    case "recorded":
      return { ...reply, committed_usd: ledger.committedUsd, call: recorded(request.hash, request.index) };
  }
  return { ...reply, committed_usd: ledger.committedUsd };
}
