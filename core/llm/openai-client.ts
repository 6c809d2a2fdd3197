/**
 * A model behind an OpenAI-compatible endpoint. Each attempt is a separate call: reserved at its worst case under its
 * own id, sent, settled and recorded. So an attempt of unknown cost (a cut connection) stays counted in full, and the
 * next one reserves again.
 */
import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { BrokenCircuitError, ConsecutiveBreaker, circuitBreaker, handleWhen } from "cockatiel";
import OpenAI from "openai";
import PQueue from "p-queue";
import { describeProxy } from "../outside/outside-fetch.ts";
import { proxyFor } from "../outside/proxy.ts";
import { retry } from "../retry/retry.ts";
import { type CallRecord, hashOf, type ModelRequest } from "./call.ts";
import type { CallStore } from "./call-store.ts";
import type { AskOptions, ModelAnswer, ModelClient, ModelNote } from "./client.ts";
import { type Completion, readCompletion, usdOfUsage } from "./completion.ts";
import { addressAdvice, type Connection } from "./connection.ts";
import { ModelError } from "./errors.ts";
import { type Failure, failureOf, failureSaid } from "./failure.ts";
import { parseJson } from "./json-text.ts";
import type { Limits } from "./limits.ts";
import { modelFetch } from "./model-fetch.ts";
import { oneLine, type Redact } from "./redact.ts";
import { bodyOf, describeShape, type RequestShape } from "./request-shape.ts";
import { errorIn, holdsError, pageOr } from "./server-error.ts";
import { ShapeMemory } from "./shape-memory.ts";
import type { Spending } from "./spending.ts";
import { worstCaseUsd } from "./worst-case.ts";

export interface OpenAiClientOptions extends Connection {
  readonly store: CallStore;
  readonly spending: Spending;
  readonly limits: Limits;
  readonly redact: Redact;
  readonly onNote: (note: ModelNote) => void;
}

/** One attempt's record, and why it is no answer. */
interface Attempt {
  readonly record: CallRecord;
  readonly failure: Failure | null;
}

/** Failures that the circuit breaker counts: the provider is not well. A rate limit is waited for instead. */
const UNWELL: ReadonlySet<string> = new Set(["server_error", "unreachable", "timeout"]);

/** Failures that a proxy on the way may be the reason of. */
const FAR: ReadonlySet<string> = new Set(["unreachable", "timeout", "server_error", "bad_key", "bad_request"]);

/** Of the name under which a model answers. */
const MAX_MODEL_NAME = 200;

/** More than any vocabulary needs on average, white space included. */
const CHARACTERS_PER_TOKEN = 16;

class AttemptFailed extends Error {
  readonly attempt: Attempt;
  /** The server refused the request, which is sent again in another shape. */
  readonly adapted: boolean;
  constructor(attempt: Attempt, adapted = false) {
    super(attempt.record.error ?? "");
    this.attempt = attempt;
    this.adapted = adapted;
  }
}

export function createOpenAiClient(options: OpenAiClientOptions): ModelClient {
  const client = new OpenAiClient(options);
  return {
    model: options.model,
    provider: options.provider,
    ask: (request, asked) => client.ask(request, asked),
    asks: () => client.asks,
    unmended: new Set(),
  };
}

class OpenAiClient {
  readonly #options: OpenAiClientOptions;
  readonly #api: OpenAI;
  readonly #queue: PQueue;
  readonly #breaker;
  /** Set once nothing can succeed any more. */
  #final: ModelError | null = null;
  /** Message of the first failure in a row; null after a success. */
  #sick: string | null = null;
  /** Nothing is sent before this, `performance.now()`: the provider asked to wait. */
  #notBefore = 0;
  readonly #noted = new Set<ModelNote["about"]>();
  readonly #shapes: ShapeMemory;

  constructor(options: OpenAiClientOptions) {
    const { key, baseUrl, limits } = options;
    this.#options = options;
    this.#shapes = new ShapeMemory(options);
    this.#api = new OpenAI({
      // The library requires one; a self-hosted server may not.
      apiKey: key ?? "none",
      baseURL: baseUrl,
      maxRetries: 0,
      timeout: limits.timeoutMs,
      organization: null,
      project: null,
      logLevel: "off",
      fetch: modelFetch,
      ...(key === null ? { defaultHeaders: { Authorization: null } } : {}),
    });
    this.#queue = new PQueue({
      concurrency: limits.concurrency,
      interval: 60_000,
      intervalCap: limits.perMinute,
      strict: true,
    });
    this.#breaker = circuitBreaker(
      handleWhen((error) => error instanceof AttemptFailed && UNWELL.has(error.attempt.failure?.kind ?? "")),
      { halfOpenAfter: limits.breakMs, breaker: new ConsecutiveBreaker(limits.breakAfter) },
    );
  }

  get asks(): string {
    return describeShape(this.#shapes.current);
  }

  async ask(request: ModelRequest, asked: AskOptions): Promise<ModelAnswer> {
    try {
      const hash = hashOf(this.#options.model, request);
      const known = await this.#options.store.answered(hash);
      if (known !== null && known.answer !== null) return { text: known.answer, call: { ...known, replayed: true } };
      const add = asked.signal === undefined ? {} : { signal: asked.signal };
      return await this.#queue.add(() => this.#retrying(hash, request, asked), add);
    } catch (error) {
      if (error instanceof ModelError) throw error;
      if (asked.signal?.aborted) throw new ModelError("cancelled", "the call was cancelled");
      // The store or the spend limit is unreachable, so the cost of a call could not be recorded: send nothing.
      const why = error instanceof Error ? error.message : String(error);
      throw new ModelError(
        "unreachable",
        oneLine(this.#options.redact(`the call cannot be recorded in the ledger: ${why}`)),
      );
    }
  }

  async #retrying(hash: string, request: ModelRequest, asked: AskOptions): Promise<ModelAnswer> {
    const { limits, store } = this.#options;
    const call = randomUUID();
    let failures = 0;
    const attempt = async (number: number): Promise<ModelAnswer> => {
      if (this.#final !== null) throw this.#final;
      await pause(this.#notBefore, asked.signal);
      const shape = this.#shapes.current;
      const { record, failure } = await this.#guarded(call, number, hash, request, shape, asked);
      const adapted = failure !== null && this.#shapes.adapt(failure, shape, request.maxTokens);
      if (failure !== null && !adapted) failures++;
      const retried = adapted || (failure?.retry === true && failures <= limits.retries);
      await store.record({ ...record, retried });
      if (failure === null && record.answer !== null) {
        this.#noteShape();
        return { text: record.answer, call: record };
      }
      throw retried ? new AttemptFailed({ record, failure }, adapted) : this.#error(record, failure);
    };
    const waitMs = (error: unknown): number | null => {
      if (!(error instanceof AttemptFailed) || error.attempt.failure === null) return null;
      if (error.adapted) return 0;
      const { failure } = error.attempt;
      const ms = this.#waitMs(failure, failures);
      // The provider's request holds for every call: the next one waits too.
      if (failure.kind === "rate_limited") this.#notBefore = Math.max(this.#notBefore, performance.now() + ms);
      return ms;
    };
    return retry(attempt, { waitMs, signal: asked.signal });
  }

  /** @throws ModelError `circuit_open`, `over_budget`. */
  async #guarded(
    call: string,
    number: number,
    hash: string,
    request: ModelRequest,
    shape: RequestShape,
    asked: AskOptions,
  ): Promise<Attempt> {
    try {
      return await this.#breaker.execute(async () => {
        const attempt = await this.#attempt(`${call}/${number}`, number, hash, request, shape, asked);
        if (attempt.failure === null) this.#sick = null;
        else if (UNWELL.has(attempt.failure.kind)) this.#sick ??= attempt.record.error;
        if (attempt.failure !== null) throw new AttemptFailed(attempt);
        return attempt;
      });
    } catch (error) {
      if (error instanceof AttemptFailed) return error.attempt;
      if (!(error instanceof BrokenCircuitError)) throw error;
      const { provider, limits } = this.#options;
      throw new ModelError(
        "circuit_open",
        `${provider} failed ${limits.breakAfter} times in a row; no further calls for ${limits.breakMs / 1000} s${
          this.#sick === null ? "" : `; the first time: ${this.#sick}`
        }`,
      );
    }
  }

  async #attempt(
    id: string,
    number: number,
    hash: string,
    request: ModelRequest,
    shape: RequestShape,
    asked: AskOptions,
  ): Promise<Attempt> {
    const { model, price, spending, redact } = this.#options;
    const reserved = worstCaseUsd(price, request);
    await spending.reserve({ id, usd: reserved, model, hash, ...asked.labels });
    const began = performance.now();
    const made = await this.#send(request, shape, asked.signal);
    const completion = "kind" in made ? null : made;
    const failure = "kind" in made ? made : failedAnswer(made, request.maxTokens);
    const cost = completion !== null ? completion.usd : failure?.free === true ? 0 : (failure?.usd ?? null);
    await spending.settle(id, cost);
    const answeredBy = completion?.answeredBy ?? null;
    if (answeredBy !== null) this.#noteModel(answeredBy);
    if (cost !== null && cost > reserved) this.#noteOverspent(cost, reserved);
    const record: CallRecord = {
      id,
      hash,
      ...asked.labels,
      model,
      answered_by: answeredBy === null ? null : oneLine(redact(answeredBy), MAX_MODEL_NAME),
      messages: request.messages.map(({ role, content }) => ({ role, content: redact(content) })),
      answer:
        completion === null || completion.text === "" || tooLong(completion.text, request.maxTokens)
          ? null
          : redact(completion.text),
      prompt_tokens: completion?.tokens?.prompt ?? null,
      completion_tokens: completion?.tokens?.completion ?? null,
      reasoning_tokens: completion?.tokens?.reasoning ?? null,
      reserved_usd: reserved,
      cost_usd: cost,
      latency_ms: performance.now() - began,
      attempt: number,
      retried: false,
      outcome: failure?.kind ?? "ok",
      error: failure === null ? null : oneLine(redact(failure.message)),
      replayed: false,
      created_at: Date.now(),
    };
    return { record, failure };
  }

  async #send(
    request: ModelRequest,
    shape: RequestShape,
    signal: AbortSignal | undefined,
  ): Promise<Completion | Failure> {
    const { model, price, redact, limits } = this.#options;
    // The library's own limit ends with the headers; an answer may still trickle then.
    const late = AbortSignal.timeout(limits.timeoutMs);
    const ended = signal === undefined ? late : AbortSignal.any([signal, late]);
    try {
      const { data, response } = await this.#api.chat.completions
        .create(bodyOf(model, request, shape), { signal: ended })
        .withResponse();
      // Not every server says that its answer is JSON.
      const body: unknown = typeof data === "string" ? (parseJson(data) ?? data) : data;
      return readCompletion(body, price) ?? this.#noCompletion(body, response.headers);
    } catch (error) {
      const cause = signal?.aborted === true ? "cancelled" : late.aborted ? "timeout" : null;
      const failure = failureOf(error, redact, cause);
      if (failure.kind === "wrong_address") return this.#advised(failure);
      return FAR.has(failure.kind) ? this.#withProxy(failure) : failure;
    }
  }

  /** Of what came under status 200. */
  #noCompletion(body: unknown, headers: Headers): Failure {
    const { price, redact } = this.#options;
    if (holdsError(body)) {
      const error = errorIn(body, null);
      const code = error.status === null ? "" : ` ${error.status}`;
      return failureSaid(error, redact, headers, `error${code} under HTTP 200`);
    }
    const failed = { kind: "server_error", free: false, retry: true, waitMs: null } as const;
    if (typeof body === "string") {
      const said = oneLine(redact(pageOr(body)), 120);
      // No model ran for a page.
      return this.#advised({ ...failed, free: true, message: `the server answered with ${said || "nothing"}` });
    }
    const { choices } = (body ?? {}) as { choices?: unknown };
    const isEmpty = Array.isArray(choices) && choices.length === 0;
    const what = isEmpty ? "an answer without choices" : "something that is not a chat completion";
    return { ...failed, message: `the server gave ${what}`, usd: usdOfUsage(body, price) };
  }

  #withProxy(failure: Failure): Failure {
    return { ...failure, message: `${failure.message}${describeProxy(proxyFor(this.#options.baseUrl))}` };
  }

  #advised(failure: Failure): Failure {
    return { ...failure, message: `${failure.message}; ${addressAdvice(this.#options)}` };
  }

  #error(record: CallRecord, failure: Failure | null): ModelError {
    const { model, provider } = this.#options;
    const kind = failure?.kind ?? "invalid_answer";
    const error = new ModelError(kind, `${model} (${provider}): ${record.error ?? "the answer is empty"}`, record);
    if (error.final) this.#final = error;
    return error;
  }

  #waitMs({ waitMs }: Failure, number: number): number {
    const { backoffMs, maxWaitMs } = this.#options.limits;
    const backoff = backoffMs * 2 ** (number - 1) * (0.5 + Math.random());
    return Math.min(maxWaitMs, waitMs ?? backoff);
  }

  #noteModel(answeredBy: string): void {
    const { model, provider } = this.#options;
    if (answeredBy.startsWith(model)) return;
    this.#noteOnce("renamed", `the answers come from ${answeredBy}: ${provider} now uses this name for that model`);
  }

  #noteShape(): void {
    const { note } = this.#shapes;
    if (note !== null) this.#noteOnce("adapted", note);
  }

  #noteOverspent(usd: number, reserved: number): void {
    const charged = `$${usd.toFixed(4)} for a call with a worst case of $${reserved.toFixed(4)}`;
    this.#noteOnce("overspent", `the provider charged ${charged}; a budget cannot prevent that`);
  }

  #noteOnce(about: ModelNote["about"], text: string): void {
    if (this.#noted.has(about)) return;
    this.#noted.add(about);
    const { model, redact, onNote } = this.#options;
    onNote({ model, about, text: oneLine(redact(text)) });
  }
}

/** Until a moment of `performance.now()`, or until the signal. */
async function pause(until: number, signal: AbortSignal | undefined): Promise<void> {
  const left = until - performance.now();
  if (left > 0) await setTimeout(left, undefined, signal === undefined ? {} : { signal });
}

/** A completed call with no usable answer; its cost is known. */
function failedAnswer({ refusal, truncated, text }: Completion, maxTokens: number): Failure | null {
  const failed = (kind: Failure["kind"], message: string): Failure => ({
    kind,
    message,
    free: false,
    retry: false,
    waitMs: null,
  });
  if (refusal !== null) return failed("refused", `the model refused: ${refusal}`);
  if (truncated) return failed("truncated", "the answer was truncated at the token limit");
  if (tooLong(text, maxTokens)) {
    return failed("invalid_answer", `the answer has ${text.length} characters, which exceeds ${maxTokens} tokens`);
  }
  return text.trim() === "" ? failed("invalid_answer", "the answer is empty") : null;
}

/** More than the tokens that were asked for can hold. It is neither read nor kept: messages have their limits, too. */
function tooLong(text: string, maxTokens: number): boolean {
  return text.length > CHARACTERS_PER_TOKEN * maxTokens;
}
