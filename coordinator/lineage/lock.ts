/** One writer a database: SQLite's exclusive lock on a file beside it, which frees when its holder is killed. */
import { readFileSync, writeFileSync } from "node:fs";
import { UserError } from "@kevo/core/errors/user-error.ts";
import Database from "better-sqlite3";

/**
 * @param file the database; `who` names its holder in messages.
 * @throws UserError while another process holds it, even a stopped one.
 */
export function takeLock(file: string, who: string): Database.Database {
  const lockFile = `${file}.lock`;
  const ownerFile = `${file}.owner`;
  let lock: Database.Database | null = null;
  try {
    // Commands that only ask whether somebody holds it take the lock for an instant.
    lock = new Database(lockFile, { timeout: 250 });
    lock.pragma("journal_mode = DELETE");
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock?.close();
    if ((error as { code?: string }).code?.startsWith("SQLITE_BUSY") !== true) {
      throw new UserError(`Cannot lock the database ${file}: ${(error as Error).message}`);
    }
    throw new UserError(
      `Another ${who}${ownerOf(ownerFile)} works with the database ${file}. Wait for it, stop it, or name another with --db FILE.`,
    );
  }
  writeFileSync(ownerFile, `${process.pid}\n`);
  return lock;
}

function ownerOf(ownerFile: string): string {
  try {
    return ` (process ${readFileSync(ownerFile, "utf8").trim()})`;
  } catch {
    return "";
  }
}
