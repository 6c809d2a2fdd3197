/** Describes what does not fit a schema. */
import type { ZodError } from "zod";

const NAMED = 5;

/** One line: each field that does not fit, and why. */
export function describeIssues(error: ZodError): string {
  return error.issues
    .slice(0, NAMED)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
    .join("; ");
}
