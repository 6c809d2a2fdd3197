/**
 * The language-model client: the one way from this project to a model.
 *
 *     const propose = signature({
 *       name: "propose", instructions: "…", input: z.object({ elites: z.string() }), output: z.object({ … }),
 *     });
 *     const client = openModel({ model: "grok-4.3", store, spending, environment: process.env });
 *     const { output, call } = await predict(propose, client, {
 *       input: { elites }, labels: { proposer: "llm", variant: "diverse", island: 3 }, seed: 17,
 *     });
 *
 * - `signature.ts`, `predict.ts`: typed questions and checked answers. A failure is a `ModelError` whose `kind` says
 *   which; after one that is `final` no further call can succeed.
 * - `spending.ts`: dollars, reserved at worst case before a call; a run's budget is the coordinator's, over the bus
 *   (`core/llm/run-calls.ts`).
 * - `call-store.ts`: every call is recorded there. A question that was answered once is answered from the store, so
 *   ask with another `seed` to get another answer. `openReplay` answers from a recording only: no key, no network.
 * - Text from outside that goes into a prompt is hostile; what comes out is data, checked by schema, never run here.
 */
import type { CallStore, Recording } from "./call-store.ts";
import type { ModelClient, ModelNote } from "./client.ts";
import { connectionOf } from "./connection.ts";
import { LIMITS, type Limits } from "./limits.ts";
import { createOpenAiClient } from "./openai-client.ts";
import { redactor } from "./redact.ts";
import { createReplayClient } from "./replay-client.ts";
import type { Spending } from "./spending.ts";

export interface OpenModelOptions {
  /** As the user named it; undefined: `grok-4.3`, or the provider's default. */
  readonly model?: string | undefined;
  readonly store: CallStore;
  readonly spending: Spending;
  readonly environment?: NodeJS.ProcessEnv | undefined;
  readonly onNote?: ((note: ModelNote) => void) | undefined;
  readonly limits?: Partial<Limits> | undefined;
}

/** @throws UserError (code 2) where neither a key nor `LLM_BASE_URL` is set, or one of them makes no sense. */
export function openModel(options: OpenModelOptions): ModelClient {
  const { store, spending, environment = process.env, onNote = () => {} } = options;
  const connection = connectionOf(options.model, environment);
  const limits = { ...LIMITS, ...options.limits };
  return createOpenAiClient({
    ...connection,
    store,
    spending,
    limits,
    redact: redactor(connection.key, environment),
    onNote,
  });
}

/**
 * Answers from a recording alone; a question that is not there fails as `not_recorded`.
 * @param into where the repeated calls are recorded again, at no cost.
 */
export function openReplay(model: string, recording: Recording, into: CallStore | null = null): ModelClient {
  return createReplayClient(model, recording, into);
}
