/** What an objective says of a configuration, and what its user can correct. */
import { UserError } from "@kevo/core/errors/user-error.ts";

/** Something that the user can correct: the message says what was wrong and what to do. */
export { UserError as TunerError };

/** Throw it in an objective for a configuration that cannot be used. The search then avoids others like it. */
export class Invalid extends Error {
  override readonly name = "Invalid";
}

/** A value as a message shows it. */
export function short(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : jsonText(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}

function jsonText(value: unknown): string {
  if (typeof value === "number" || typeof value === "function") return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
