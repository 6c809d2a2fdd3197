/** The models of a run as its workers reach them: keys from the environment, dollars and records over the bus. */
import type { Bus } from "@kevo/core/bus/bus.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { CallRecord } from "@kevo/core/llm/call.ts";
import type { Recording } from "@kevo/core/llm/call-store.ts";
import type { ModelClient } from "@kevo/core/llm/client.ts";
import { openModel, openReplay } from "@kevo/core/llm/llm.ts";
import { createRunCalls } from "@kevo/core/llm/run-calls.ts";
import type { RunSpec } from "@kevo/proto/run.ts";

export interface Models {
  /** Those that can be asked. */
  readonly clients: ReadonlyMap<string, ModelClient>;
  /** Dollars that a call took of the budget, in the run that made it: a repeated one pays nothing. */
  readonly costOf: (call: CallRecord) => number;
  /** A model proposes nothing: why, by kind and as a message. */
  readonly onTrouble: (model: string, kind: string, text: string) => void;
}

/** A model that cannot be called is omitted, and the run is told why; it continues without it. */
export function openModels(bus: Bus, spec: RunSpec): Models {
  const { models, repeats } = spec.llm ?? { models: [] };
  const { store, spending, recording, trouble } = createRunCalls(bus, spec.run);
  const clients = new Map<string, ModelClient>();
  if (repeats !== undefined) {
    const paid = new Map<string, number>();
    const noted: Recording = {
      next: async (hash) => {
        const found = await recording.next(hash);
        if (found !== null) paid.set(hash, usdOf(found));
        return found;
      },
    };
    for (const model of models) clients.set(model, openReplay(model, noted, store));
    return {
      clients,
      costOf: ({ hash }) => paid.get(hash) ?? 0,
      // A call that was not sent then is not recorded, with the same result: no answer.
      onTrouble: (model, kind, text) => {
        if (kind !== "not_recorded") trouble(model, kind, text);
      },
    };
  }
  for (const model of models) {
    try {
      clients.set(
        model,
        openModel({ model, store, spending, onNote: ({ about, text }) => trouble(model, about, text) }),
      );
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      trouble(model, "no_key", error.message);
    }
  }
  return { clients, costOf: usdOf, onTrouble: trouble };
}

function usdOf({ cost_usd, reserved_usd }: CallRecord): number {
  return cost_usd ?? reserved_usd;
}
