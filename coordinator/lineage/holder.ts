/** Whether a coordinator works with a database right now, as seen by a reader. */
import { existsSync } from "node:fs";
import Database from "better-sqlite3";

/**
 * True while a coordinator holds the database, even a stopped one: its exclusive lock on the file beside it frees
 * when it ends, however it ends. Trying takes a shared lock for an instant.
 */
export function isHeld(path: string): boolean {
  const lockFile = `${path}.lock`;
  if (!existsSync(lockFile)) return false;
  let lock: Database.Database | undefined;
  try {
    lock = new Database(lockFile, { readonly: true, timeout: 0 });
    lock.prepare("select count(*) from sqlite_master").get();
    return false;
  } catch (error) {
    return (error as { code?: string }).code?.startsWith("SQLITE_BUSY") === true;
  } finally {
    lock?.close();
  }
}
