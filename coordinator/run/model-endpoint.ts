/** The coordinator's answers on `kevo.<run>.model`. */

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
  /** Those of the run; no other is paid for. */
  readonly models: readonly string[];
  readonly grants: Grants;
  /** A model proposes nothing; each kind of trouble of a model is reported once. */
  readonly onTrouble: (trouble: EventData<"model_trouble">) => void;
}

const NOT_YOURS = "another worker reserved this call";
const NOT_RESERVED = "nobody reserved this call, and the run repeats no call that came to this";

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
  { ledger, recorded, models, grants }: ModelParts,
  onTrouble: (model: string, kind: string, text: string) => void,
): Promise<ModelReply> {
  const reply = { v: WIRE_VERSION, status: "done", budget_usd: ledger.budgetUsd, call: null } as const;
  switch (request.type) {
    case "reserve": {
      const { id, model } = request.reservation;
      if (!models.includes(model)) throw new Error(`this run does not ask the model ${JSON.stringify(model)}`);
      const { granted, committedUsd, known } = await ledger.reserve(request.reservation);
      // A worker that lost the answer repeats the whole request.
      if (known === "another") throw new Error(NOT_YOURS);
      if (!granted) return { ...reply, status: "refused", committed_usd: committedUsd };
      return { ...reply, committed_usd: committedUsd, secret: grants.call(id) };
    }
    case "settle":
      if (!grants.isCall(request.id, request.secret)) throw new Error(NOT_YOURS);
      await ledger.settle(request.id, request.usd);
      break;
    case "record":
      await record(request, { ledger, recorded, grants });
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

async function record(
  { call, secret }: ModelMessage & { readonly type: "record" },
  { ledger, recorded, grants }: Pick<ModelParts, "ledger" | "recorded" | "grants">,
): Promise<void> {
  if (ledger.isReserved(call.id)) {
    if (!grants.isCall(call.id, secret)) throw new Error(NOT_YOURS);
    return ledger.record({ ...call, replayed: false });
  }
  if (!isRepeated(call, recorded)) throw new Error(NOT_RESERVED);
  return ledger.record({ ...call, reserved_usd: 0, cost_usd: 0, replayed: true });
}

/** Whether the run that this one repeats was answered so. */
function isRepeated({ hash, answer, outcome }: CallRecord, recorded: RecordedCalls): boolean {
  let before: string | null = null;
  for (let index = 0; ; index++) {
    const found = recorded(hash, index);
    if (found === null || found.id === before) return false;
    if (found.answer === answer && found.outcome === outcome) return true;
    before = found.id;
  }
}
