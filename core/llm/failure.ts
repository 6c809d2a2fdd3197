/** Classifies a failed attempt: the reason, whether it cost anything, and whether a retry makes sense. */
import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";
import type { ModelErrorKind } from "./errors.ts";
import { neverSent } from "./never-sent.ts";
import { oneLine, type Redact } from "./redact.ts";
import { errorIn, pageOr, type ServerError } from "./server-error.ts";

export interface Failure {
  readonly kind: ModelErrorKind;
  /** One sentence, without keys. */
  readonly message: string;
  /** Nothing was charged: the provider answered with an error, or nothing was sent. Otherwise the cost is unknown. */
  readonly free: boolean;
  readonly retry: boolean;
  /** The wait that the provider requests, milliseconds; null without a request. */
  readonly waitMs: number | null;
  /** The provider's answer, where it was one. */
  readonly answered?: ServerError;
  /** Dollars, where what came is no completion and states them all the same. */
  readonly usd?: number | null;
}

/** Providers share no codes; these are phrases from their messages. */
const NO_CREDITS =
  /\bcredits?\b|spending limit|insufficient[_ ]quota|exceeded your current quota|quota exceeded|billing|insufficient[_ ](balance|funds)|payment required/i;
const RATE = /rate[ _-]?limit|too many requests|rate exceeded|throttl/i;
const BAD_KEY = /api[ _-]?key|invalid_api_key|unauthori[sz]ed|authentication/i;
const OVERFLOW = /maximum prompt length|context[ _]length|prompt is too long|too many tokens|context (window|size)/i;
const NO_MODEL =
  /model.*(not found|does not exist|not exist|unknown)|unknown model|model_not_found|not a valid model|no endpoints found|no models? loaded/i;

/**
 * @param thrown by the client library; anything else is a connection that broke in the middle.
 * @param ended why the call was ended from this side, where it was.
 */
export function failureOf(thrown: unknown, redact: Redact, ended: "cancelled" | "timeout" | null): Failure {
  const failed = (kind: ModelErrorKind, message: string, retry: boolean, free = false): Failure => ({
    kind,
    message: oneLine(redact(message)),
    retry,
    free,
    waitMs: null,
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
  const { error, status, headers } = thrown;
  const found = errorIn(error, status);
  // The library's message holds the body where it is no JSON.
  const said = found.said === "" ? pageOr(thrown.message.replace(/^\d+ /, "")) : found.said;
  return failureSaid({ ...found, said }, redact, headers, `HTTP ${status}`);
}

/**
 * The failure of an error that a server reports, under any status.
 * @param under prefix of the message.
 */
export function failureSaid(
  answered: ServerError,
  redact: Redact,
  headers: Headers | undefined,
  under: string,
): Failure {
  const { status, said } = answered;
  const { kind, retry } = kindOf(status, said);
  return {
    kind,
    message: oneLine(redact(`${under}: ${said}`)),
    free: true,
    retry,
    waitMs: retry ? waitOf(headers) : null,
    answered,
  };
}

function kindOf(status: number | null, said: string): { readonly kind: ModelErrorKind; readonly retry: boolean } {
  const final = (kind: ModelErrorKind) => ({ kind, retry: false });
  const passing = (kind: ModelErrorKind) => ({ kind, retry: true });
  // biome-ignore lint/plugin: providers agree on no codes
  const says = (pattern: RegExp) => pattern.test(said);
  const isOf = (...codes: number[]) => status === null || codes.includes(status);
  if (status === 402 || (isOf(400, 403, 429) && says(NO_CREDITS))) return final("no_credits");
  if (status === 429 || (status === null && says(RATE))) return passing("rate_limited");
  if (status === 401 || status === 403) return final("bad_key");
  if (status !== null && (status >= 500 || status === 408 || status === 409)) return passing("server_error");
  if (status === 413 || says(OVERFLOW)) return final("overflow");
  if (says(NO_MODEL)) return final("unknown_model");
  // A server that has chat completions and not this model says so.
  if (status === 404 || status === 405) return final("wrong_address");
  if (says(BAD_KEY)) return final("bad_key");
  return status === null ? passing("server_error") : final("bad_request");
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
