/** JSON in and out, and a message for what does not fit. */
import type { Msg } from "nats";
import type { ZodType } from "zod";
import { describeIssues } from "../errors/issues.ts";

export type Decoded<T> =
  | { readonly ok: true; readonly value: T; readonly raw: unknown }
  | { readonly ok: false; readonly why: string; readonly raw: unknown };

/** Parses once, validates once. `raw` is what was parsed, undefined where it is not JSON. */
export function decode<T>(message: Msg, schema: ZodType<T>): Decoded<T> {
  let raw: unknown;
  try {
    raw = JSON.parse(message.string());
  } catch {
    return { ok: false, why: `not JSON: ${excerpt(message.string())}`, raw: undefined };
  }
  const result = schema.safeParse(raw);
  return result.success ? { ok: true, value: result.data, raw } : { ok: false, why: describeIssues(result.error), raw };
}

export function excerpt(text: string): string {
  return text.length <= 120 ? JSON.stringify(text) : `${JSON.stringify(text.slice(0, 120))}…`;
}

/** The text of a remote error, where the reply is one: `{error: string}`. */
export function remoteError(raw: unknown): string | null {
  if (typeof raw !== "object" || raw === null || !("error" in raw)) return null;
  return typeof raw.error === "string" ? raw.error : null;
}
