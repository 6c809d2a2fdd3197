/** What is stored and cannot be read: a file that was damaged, changed by other hands, or written by another version. */
import { ZodError } from "zod";
import { describeIssues } from "../errors/issues.ts";

/** A message for people, or null where the error is of another kind. */
export function unreadable(error: unknown): string | null {
  if (error instanceof ZodError) return stored(describeIssues(error));
  if (!(error instanceof Error)) return null;
  // Of JSON.parse; a module that does not parse is another matter.
  // biome-ignore lint/plugin: V8 has no code for it
  if (error instanceof SyntaxError) return /\bJSON\b/.test(error.message) ? stored(error.message) : null;
  const code = "code" in error ? String(error.code) : "";
  if (/^SQLITE_(CORRUPT|NOTADB|READONLY|IOERR|CANTOPEN|FULL)/.test(code)) {
    return `the database cannot be used (${code}): ${error.message}. Restore a backup, or name another file with --db.`;
  }
  // biome-ignore lint/plugin: SQLite has no code of its own for it
  if (code === "SQLITE_ERROR" && /^no such (table|column)/.test(error.message)) return stored(error.message);
  return null;
}

function stored(what: string): string {
  return `stored data cannot be read (${what}): it was damaged, changed by another program, or written by another version of this one. Restore a backup, or name another file with --db. KEVO_LOG=debug shows where the problem occurred.`;
}
