/**
 * One writer a database: an exclusive lock on a file beside it, which frees when its holder is killed. A stopped holder
 * keeps it; a standby that sees no sign of life from it replaces the lock (`standby-lock.ts`).
 */
import { existsSync, statSync } from "node:fs";
import { UserError } from "../errors/user-error.ts";
import { type LockFile, openLockFile } from "./lock-file.ts";
import { beat, ownerProcess, readOwner, thisProcess, writeOwner } from "./owner-file.ts";

export const lockOf = (file: string) => `${file}.lock`;

/** Commands that only check for a holder take the lock for an instant. */
const OTHERS_ASK_MS = 250;
const BEAT_MS = 500;

export interface WriterLock {
  /** Aborted when another writer has replaced this one. */
  readonly replaced: AbortSignal;
  /** What is stored has been read: from now on its signs of life come twice a second. */
  opened(): void;
  close(): void;
}

/**
 * @param file the database; `who` names its holder in messages.
 * @throws UserError while another process holds it; the system's error where nothing can be written.
 */
export function takeWriterLock(file: string, who: string): WriterLock {
  const lock = tryWriterLock(file, OTHERS_ASK_MS);
  if (lock !== null) return lock;
  throw new UserError(
    `Another ${who}${processOf(file)} is using the database ${file}. Wait until it ends, stop it, or name another file with --db FILE.`,
    1,
    { code: "database_in_use" },
  );
}

/** Null while another process holds it. */
export function tryWriterLock(file: string, waitMs = 0): WriterLock | null {
  for (;;) {
    const lock = openLockFile(lockOf(file), { waitMs });
    const opened = statSync(lockOf(file), { throwIfNoEntry: false })?.ino;
    if (!lock.try("exclusive")) {
      lock.close();
      return null;
    }
    // A standby may have replaced the file after it was opened: its lock is the new one.
    if (statSync(lockOf(file), { throwIfNoEntry: false })?.ino === opened) return hold(file, lock);
    lock.close();
  }
}

function hold(file: string, lock: LockFile): WriterLock {
  const replaced = new AbortController();
  const own = thisProcess();
  try {
    writeOwner(file, { ...own, opening: true });
  } catch (error) {
    lock.close();
    throw error;
  }
  const timer = setInterval(() => {
    try {
      if (readOwner(file)?.id !== own.id) replaced.abort();
      else beat(file);
    } catch {
      // A disk that takes nothing: what is written there says so.
    }
    if (replaced.signal.aborted) clearInterval(timer);
  }, BEAT_MS);
  timer.unref();
  return {
    replaced: replaced.signal,
    opened: () => {
      if (readOwner(file)?.id === own.id) writeOwner(file, { ...own, opening: false });
    },
    close: () => {
      clearInterval(timer);
      lock.close();
    },
  };
}

/** True while a writer works with the database, even a stopped one. Asking takes a shared lock for an instant. */
export function isHeld(file: string): boolean {
  if (!existsSync(lockOf(file))) return false;
  const lock = openLockFile(lockOf(file));
  const free = lock.try("shared");
  lock.close();
  return !free;
}

/** For messages. */
export function processOf(file: string): string {
  const pid = ownerProcess(file);
  return pid === null ? "" : ` (process ${pid})`;
}
