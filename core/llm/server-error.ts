/** Reads an error that a server sends instead of a completion, in any of the usual forms. Pure. */
import { z } from "zod";

export interface ServerError {
  /** Status of HTTP, or a status code in the body; null without either. */
  readonly status: number | null;
  /** The server's own words. */
  readonly said: string;
  /** The option of the request that is at fault, where the server names one. */
  readonly param: string | null;
}

const MAX_SAID = 2_000;

const httpCode = z.coerce.number().int().min(400).max(599);
const errorObject = z.record(z.string(), z.unknown());

/** In the body of an answer with an error's status, or with none. */
export function errorIn(body: unknown, status: number | null): ServerError {
  const inner = innerOf(body);
  if (typeof inner === "string") return { status, said: pageOr(inner), param: null };
  const parsed = errorObject.safeParse(inner);
  if (!parsed.success) return { status, said: "", param: null };
  const { code, status: named, param } = parsed.data;
  const own = [code, named].map((one) => httpCode.safeParse(one)).find(({ success }) => success)?.data ?? null;
  return { status: status ?? own, said: wordsIn(parsed.data), param: typeof param === "string" ? param : null };
}

/** Whether a body of status 200 is an error: it has no choices, and one of the usual names of errors. */
export function holdsError(body: unknown): boolean {
  if (typeof body !== "object" || body === null) return false;
  const { error, errors, detail, object, message, choices } = body as Record<string, unknown>;
  if (error || errors || detail || object === "error") return true;
  const [first] = Array.isArray(choices) ? (choices as unknown[]) : [];
  if (typeof first === "object" && first !== null && "error" in first && first.error) return true;
  return choices === undefined && typeof message === "string";
}

/** `{error: …}`, an error in the first choice, a list of errors, or the body itself. */
function innerOf(body: unknown): unknown {
  if (Array.isArray(body)) return innerOf(body[0]);
  if (typeof body !== "object" || body === null) return body;
  const { error, errors, choices } = body as Record<string, unknown>;
  const [choice] = Array.isArray(choices) ? (choices as unknown[]) : [];
  const ofChoice = typeof choice === "object" && choice !== null && "error" in choice ? choice.error : null;
  const [ofList] = Array.isArray(errors) ? (errors as unknown[]) : [];
  const found = [error, ofChoice, ofList].find((one) => one !== undefined && one !== null && one !== false);
  // xAI: the text under `error`, a sentence that classifies it under `code` beside it.
  return found === undefined || typeof found === "string" ? body : found;
}

function wordsIn(error: Record<string, unknown>): string {
  const { code, type, message, error: inner, detail, msg, title, metadata } = error;
  const texts = [code, type, title, message, msg, inner, detail, metadata].flatMap((one) => {
    if (typeof one === "string") return one === "" ? [] : [one];
    return typeof one === "object" && one !== null ? [JSON.stringify(one)] : [];
  });
  return [...new Set(texts)].join(": ").slice(0, MAX_SAID);
}

/** HTML says nothing that anybody wants to read. */
export function pageOr(text: string): string {
  return /^\s*<(!doctype|html|head|body|\?xml)/i.test(text) || /<\/(html|body|head)>/i.test(text)
    ? "an HTML page"
    : text.trim().slice(0, MAX_SAID);
}
