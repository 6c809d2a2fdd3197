/** One writer a database: an exclusive lock on a file beside it, which frees when its holder is killed, and only then. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { UserError } from "../errors/user-error.ts";
import { type LockFile, openLockFile } from "./lock-file.ts";

const lockOf = (file: string) => `${file}.lock`;
const ownerOf = (file: string) => `${file}.owner`;

/** Commands that only check for a holder take the lock for an instant. */
const OTHERS_ASK_MS = 250;

/**
 * @param file the database; `who` names its holder in messages.
 * @throws UserError while another process holds it, even a stopped one; the system's error where nothing can be written.
 */
export function takeWriterLock(file: string, who: string): LockFile {
  const lock = openLockFile(lockOf(file), { waitMs: OTHERS_ASK_MS });
  if (!lock.try("exclusive")) {
    lock.close();
    throw new UserError(
      `Another ${who}${processOf(ownerOf(file))} is using the database ${file}. Wait until it ends, stop it, or name another file with --db FILE.`,
      1,
      { code: "database_in_use" },
    );
  }
  try {
    writeFileSync(ownerOf(file), `${process.pid}\n`);
  } catch (error) {
    lock.close();
    throw error;
  }
  return lock;
}

/** True while a writer works with the database, even a stopped one. Asking takes a shared lock for an instant. */
export function isHeld(file: string): boolean {
  if (!existsSync(lockOf(file))) return false;
  const lock = openLockFile(lockOf(file));
  const free = lock.try("shared");
  lock.close();
  return !free;
}

function processOf(ownerFile: string): string {
  try {
    return ` (process ${readFileSync(ownerFile, "utf8").trim()})`;
  } catch {
    return "";
  }
}
