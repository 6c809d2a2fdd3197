/** A model that only remembers: what was recorded for a question is its answer, failures included. */
import { randomUUID } from "node:crypto";
import { hashOf } from "./call.ts";
import type { CallStore, Recording } from "./call-store.ts";
import type { ModelClient } from "./client.ts";
import { ModelError } from "./errors.ts";

export function createReplayClient(model: string, recording: Recording, into: CallStore | null): ModelClient {
  return {
    model,
    provider: "replay",
    ask: async (request, { labels, signal }) => {
      if (signal?.aborted) throw new ModelError("cancelled", "the call was cancelled");
      const hash = hashOf(model, request);
      const found = await recording.next(hash);
      if (found === null) {
        throw new ModelError(
          "not_recorded",
          `the recording has no answer from ${model} to question ${hash.slice(0, 12)}`,
        );
      }
      const made = { id: randomUUID(), reserved_usd: 0, cost_usd: 0, replayed: true, created_at: Date.now() };
      const call = { ...found, ...labels, ...made };
      await into?.record(call);
      if (call.outcome !== "ok" || call.answer === null) {
        const kind = call.outcome === "ok" ? "invalid_answer" : call.outcome;
        throw new ModelError(kind, call.error ?? "the recorded call failed", call);
      }
      return { text: call.answer, call };
    },
  };
}
