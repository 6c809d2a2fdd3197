/** Stored data that cannot be read. That proves damage only if SQLite or the form of JSON says so. */
import { ZodError } from "zod";
import { describeIssues } from "../errors/issues.ts";

/** A message for people, or null where the error is of another kind. */
export function unreadable(error: unknown): string | null {
  if (error instanceof ZodError) return unexpected(describeIssues(error));
  if (!(error instanceof Error)) return null;
  // Of JSON.parse; a module that does not parse is another matter.
  // biome-ignore lint/plugin: V8 has no code for it
  if (error instanceof SyntaxError) return /\bJSON\b/.test(error.message) ? damaged(error.message) : null;
  const code = "code" in error ? String(error.code) : "";
  if (code === "SQLITE_FULL") return "the disk is full. Free some space, or name another file with --db.";
  if (code.startsWith("SQLITE_BUSY")) {
    return "another program has locked the database, such as a sqlite3 shell in a transaction. Close that program, then try again.";
  }
  if (/^SQLITE_(CORRUPT|NOTADB|READONLY|IOERR|CANTOPEN)/.test(code)) {
    return `the database cannot be used (${code}): ${error.message}. Restore a backup, or name another file with --db.`;
  }
  // biome-ignore lint/plugin: SQLite has no specific code for it
  if (code === "SQLITE_ERROR" && /^no such (table|column)/.test(error.message)) return unexpected(error.message);
  return null;
}

const WHERE = "KEVO_LOG=debug shows where the problem occurred.";

/** Text that was JSON when it was written. */
function damaged(what: string): string {
  return `stored data cannot be read (${what}): it is not the JSON that was written. Restore a backup, or name another file with --db. ${WHERE}`;
}

function unexpected(what: string): string {
  return `data is not in the form that this version expects (${what}). If another version of this program wrote the database, use that version, or name another file with --db. ${WHERE}`;
}
