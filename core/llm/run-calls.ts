/** A run's dollars and calls, kept by its coordinator: `Spending`, `CallStore` and `Recording` over the bus. */

import { MAX_TROUBLE_CHARACTERS, type ModelMessage, type ModelReply, modelReply } from "@kevo/proto/messages/model.ts";
import { type CallRecord, callRecord } from "@kevo/proto/model-call.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import type { Bus } from "../bus/bus.ts";
import { NoResponder, RequestTimeout } from "../bus/errors.ts";
import { cut } from "../text/cut.ts";
import type { CallStore, Recording } from "./call-store.ts";
import { overBudget, type Spending } from "./spending.ts";

export interface RunCalls {
  readonly spending: Spending;
  readonly store: CallStore;
  /** Of the run that this one repeats; empty where it repeats none. */
  readonly recording: Recording;
  /** Tells the run why a model proposes nothing. Lost where the coordinator is away. */
  trouble(model: string, kind: string, text: string): void;
}

const REPLY_MS = 5_000;
/** How long to ask again while the coordinator is away: it may be restarting. */
const AWAY_TIMEOUT_MS = 60_000;
const AGAIN_MS = 250;
/** A message of NATS holds 1 MiB. A longer prompt is recorded by its hash alone. */
const MESSAGE_BYTES = 900_000;

type Request = ModelMessage extends infer M ? (M extends { v: unknown } ? Omit<M, "v"> : never) : never;

/** @throws BusError from every method, once the coordinator has been away for a minute. */
export function createRunCalls(bus: Bus, run: string): RunCalls {
  const ask = async (request: Request): Promise<ModelReply> => {
    const giveUp = performance.now() + AWAY_TIMEOUT_MS;
    for (;;) {
      try {
        return await bus.request(subjects.model(run), { v: WIRE_VERSION, ...request }, modelReply, REPLY_MS);
      } catch (error) {
        const away = error instanceof NoResponder || error instanceof RequestTimeout;
        if (!away || performance.now() > giveUp) throw error;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  };
  const asked = new Map<string, number>();
  /** By reservation, until its call is recorded. */
  const secrets = new Map<string, string>();
  const secretOf = (id: string) => {
    const secret = secrets.get(id);
    return secret === undefined ? {} : { secret };
  };
  return {
    spending: {
      reserve: async (reservation) => {
        const reply = await ask({ type: "reserve", reservation });
        if (reply.status === "refused") throw overBudget(reservation.usd, reply.budget_usd, reply.committed_usd);
        if (reply.secret !== undefined) secrets.set(reservation.id, reply.secret);
      },
      settle: async (id, usd) => void (await ask({ type: "settle", id, usd, ...secretOf(id) })),
    },
    store: {
      answered: async (hash) => (await ask({ type: "answered", hash })).call,
      record: async (call) => {
        await ask({ type: "record", call: fitting(call), ...secretOf(call.id) });
        secrets.delete(call.id);
      },
    },
    trouble: (model, kind, text) => {
      ask({ type: "trouble", model, kind, text: cut(text, MAX_TROUBLE_CHARACTERS) }).catch(() => {});
    },
    recording: {
      next: async (hash) => {
        const index = asked.get(hash) ?? 0;
        asked.set(hash, index + 1);
        return (await ask({ type: "recorded", hash, index })).call;
      },
    },
  };
}

function fitting(call: CallRecord): CallRecord {
  return Buffer.byteLength(JSON.stringify(call)) <= MESSAGE_BYTES ? call : callRecord.parse({ ...call, messages: [] });
}
