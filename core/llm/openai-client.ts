/** A model behind an OpenAI-compatible endpoint. */
import { randomUUID } from "node:crypto";
import OpenAI from "openai";
import { type CallRecord, hashOf, type ModelRequest } from "./call.ts";
import type { CallStore } from "./call-store.ts";
import type { AskOptions, ModelAnswer, ModelClient } from "./client.ts";
import type { Connection } from "./connection.ts";
import { ModelError } from "./errors.ts";
import { usdOf } from "./prices.ts";
import type { Spending } from "./spending.ts";

export interface OpenAiClientOptions extends Connection {
  readonly store: CallStore;
  readonly spending: Spending;
  readonly onNote?: ((note: string) => void) | undefined;
}

export function createOpenAiClient(options: OpenAiClientOptions): ModelClient {
  const { model, provider, baseUrl, key, price, store, spending } = options;
  const api = new OpenAI({ apiKey: key ?? "none", baseURL: baseUrl, maxRetries: 0, timeout: 120_000 });

  async function ask(request: ModelRequest, { labels, signal }: AskOptions): Promise<ModelAnswer> {
    const hash = hashOf(model, request);
    const known = await store.answered(hash);
    if (known !== null && known.answer !== null) {
      return { text: known.answer, call: { ...known, replayed: true } };
    }
    const id = randomUUID();
    const bytes = request.messages.reduce((sum, { content }) => sum + Buffer.byteLength(content) + 16, 512);
    const reserved = usdOf(price, bytes, request.maxTokens);
    await spending.reserve({ id, usd: reserved, model, hash, ...labels });
    const began = performance.now();
    const completion = await api.chat.completions.create(
      {
        model,
        messages: request.messages.map(({ role, content }) => ({ role, content })),
        max_completion_tokens: request.maxTokens,
        temperature: request.temperature ?? null,
        seed: request.seed ?? null,
        response_format: { type: "json_schema", json_schema: { ...request.answer, strict: true } },
      },
      signal === undefined ? {} : { signal },
    );
    const text = completion.choices[0]?.message.content ?? null;
    const ticks = (completion.usage as { cost_in_usd_ticks?: number } | undefined)?.cost_in_usd_ticks;
    const cost = ticks === undefined ? null : ticks / 1e10;
    await spending.settle(id, cost);
    const call: CallRecord = {
      id,
      hash,
      ...labels,
      model,
      answered_by: completion.model,
      messages: [...request.messages],
      answer: text,
      prompt_tokens: completion.usage?.prompt_tokens ?? null,
      completion_tokens: completion.usage?.completion_tokens ?? null,
      reasoning_tokens: completion.usage?.completion_tokens_details?.reasoning_tokens ?? null,
      reserved_usd: reserved,
      cost_usd: cost,
      latency_ms: performance.now() - began,
      attempt: 1,
      retried: false,
      outcome: text === null ? "invalid_answer" : "ok",
      error: null,
      replayed: false,
      created_at: Date.now(),
    };
    await store.record(call);
    if (text === null) throw new ModelError("invalid_answer", "the answer is empty", call);
    return { text, call };
  }

  return { model, provider, ask };
}
