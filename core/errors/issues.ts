/** Describes what does not fit a schema. */
import type { ZodError } from "zod";

const NAMED = 5;

/**
 * One line: each field that does not fit, and why.
 *
 * @param given what was read: of an element of a list, its name says more to a person than its place.
 */
export function describeIssues(error: ZodError, given?: unknown): string {
  return error.issues
    .slice(0, NAMED)
    .map(({ path, message }) => (path.length === 0 ? message : `${fieldAt(path, given, message)}: ${message}`))
    .join("; ");
}

/** `parameters.1 ("UNROLL").values`, unless the message has the name. */
function fieldAt(path: readonly PropertyKey[], given: unknown, message: string): string {
  let value = given;
  return path
    .map((key) => {
      value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
      const { name } = (value ?? {}) as { readonly name?: unknown };
      if (typeof key !== "number" || typeof name !== "string" || message.includes(name)) return String(key);
      return `${key} (${JSON.stringify(name)})`;
    })
    .join(".");
}
