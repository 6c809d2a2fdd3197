/** What went wrong with an attempt, whether it cost anything, and whether another one makes sense. */
import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";
import type { ModelErrorKind } from "./errors.ts";
import { neverSent } from "./never-sent.ts";
import { oneLine, type Redact } from "./redact.ts";

export interface Failure {
  readonly kind: ModelErrorKind;
  /** One sentence, without keys. */
  readonly message: string;
  /** Nothing was charged: the provider answered with an error, or nothing was sent. Otherwise nobody knows. */
  readonly free: boolean;
  readonly retry: boolean;
  /** What the provider asks to wait, milliseconds; null where it says nothing. */
  readonly waitMs: number | null;
}

/** Providers agree on no codes; these are words of their messages. */
const NO_CREDITS =
  /\bcredits?\b|spending limit|insufficient_quota|exceeded your current quota|billing|insufficient balance/i;
const BAD_KEY = /api[ _-]?key|invalid_api_key|unauthori[sz]ed|authentication/i;
const OVERFLOW = /maximum prompt length|context[ _]length|prompt is too long|too many tokens|context (window|size)/i;
const NO_MODEL = /model.*(not found|does not exist|not exist|unknown)|unknown model/i;

/**
 * @param thrown by the client library; anything else is a connection that broke in the middle.
 * @param ended why the call was ended from this side, where it was.
 */
export function failureOf(thrown: unknown, redact: Redact, ended: "cancelled" | "timeout" | null): Failure {
  const failed = (
    kind: ModelErrorKind,
    message: string,
    retry: boolean,
    free = false,
    waitMs: number | null = null,
  ) => ({
    kind,
    message: oneLine(redact(message)),
    retry,
    free,
    waitMs,
  });
  const free = neverSent(thrown);
  if (ended === "cancelled") return failed("cancelled", "the call was cancelled", false, free);
  if (ended === "timeout") return failed("timeout", "no answer in time", true, free);
  // Before the library's own idea of a timeout: connecting can take too long as well.
  if (thrown instanceof APIConnectionError && free) {
    return failed("unreachable", `the connection failed: ${reasonOf(thrown)}`, true, true);
  }
  if (thrown instanceof APIConnectionTimeoutError) return failed("timeout", "no answer in time", true);
  if (thrown instanceof APIConnectionError) {
    return failed("unreachable", `the connection failed: ${reasonOf(thrown)}`, true);
  }
  if (!(thrown instanceof APIError) || thrown.status === undefined) {
    return failed("unreachable", `the connection broke: ${reasonOf(thrown)}`, true);
  }
  const { status } = thrown;
  const said = messageOf(thrown);
  const told = `HTTP ${status}: ${said}`;
  const answered = (kind: ModelErrorKind, retry = false) =>
    failed(kind, told, retry, true, retry ? waitOf(thrown.headers) : null);
  // biome-ignore lint/plugin: providers agree on no codes
  const says = (pattern: RegExp) => pattern.test(said);
  if (status === 402 || ([400, 403, 429].includes(status) && says(NO_CREDITS))) return answered("no_credits");
  if (status === 429) return answered("rate_limited", true);
  if (status === 401 || status === 403) return answered("bad_key");
  if (status >= 500 || status === 408 || status === 409) return answered("server_error", true);
  if (status === 413 || says(OVERFLOW)) return answered("overflow");
  if (status === 404 || says(NO_MODEL)) return answered("unknown_model");
  if (says(BAD_KEY)) return answered("bad_key");
  return answered("bad_request");
}

/** The message in the body: `{code, error: text}`, `{error: {message, type, code}}`, or none (HTML). */
function messageOf(error: APIError): string {
  const body: unknown = error.error;
  if (typeof body === "string") return body;
  if (typeof body === "object" && body !== null) {
    const { message, error: inner, code, type } = body as Record<string, unknown>;
    const parts = [code, type, message, inner].filter((part) => typeof part === "string" && part !== "");
    if (parts.length > 0) return parts.join(": ");
  }
  // The library's message holds the body where it is no JSON: HTML says nothing that anybody wants to read.
  const text = error.message.replace(/^\d+ /, "");
  return text.includes("<") ? "an HTML page" : text;
}

/** Milliseconds from `retry-after-ms`, or `Retry-After` in seconds or as a date. */
function waitOf(headers: Headers | undefined): number | null {
  const exact = Number.parseFloat(headers?.get("retry-after-ms") ?? "");
  if (exact >= 0) return exact;
  const text = headers?.get("retry-after") ?? null;
  if (text === null) return null;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}

function causeOf(error: unknown): { code: string | null; message: string } {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  const { code, message } = innermost as { code?: unknown; message?: unknown };
  return {
    code: typeof code === "string" ? code : null,
    message: typeof message === "string" ? message : String(error),
  };
}

function reasonOf(error: unknown): string {
  const { code, message } = causeOf(error);
  return code === null || message.includes(code) ? message : `${code} ${message}`;
}
