/**
 * Waits for the writer's place. It is free at once when the writer ends or is killed. A writer that is stopped or hangs
 * keeps its lock: after some seconds without a sign of life its term is ended in the database, so that it writes nothing
 * more, and only then its lock is replaced.
 */
import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { openLockFile } from "./lock-file.ts";
import { endOwner, lastBeat, readOwner } from "./owner-file.ts";
import { raiseTerm } from "./term.ts";
import { lockOf, tryWriterLock, type WriterLock } from "./writer-lock.ts";

const LOOK_MS = 250;
/** Looks without a sign of life, which comes twice a second. Looks, not time: a standby that was stopped itself saw none. */
const DEAD_LOOKS = 12;
/** A writer that opens a large database gives no sign meanwhile. */
const DEAD_LOOKS_OPENING = 240;
/** How long the database may be locked by the writer that is to be replaced. */
const FENCE_WAIT_MS = 1_000;

/**
 * @param onWait called once, when another process has the place.
 * @throws UserError where the files cannot be used.
 */
export async function awaitWriterLock(file: string, onWait: () => void): Promise<WriterLock> {
  const first = tryWriterLock(file);
  if (first !== null) return first;
  onWait();
  // One standby at a time looks at the writer; the others wait for its place.
  const turn = openLockFile(`${file}.standby`);
  try {
    while (!turn.try("exclusive")) await sleep(LOOK_MS);
    let seen = "";
    let still = 0;
    for (;;) {
      const lock = tryWriterLock(file);
      if (lock !== null) return lock;
      const now = lastBeat(file);
      still = now === seen ? still + 1 : 0;
      seen = now;
      if (still >= (readOwner(file)?.opening === true ? DEAD_LOOKS_OPENING : DEAD_LOOKS)) {
        still = 0;
        const replaced = await replace(file, seen);
        if (replaced !== null) return replaced;
      }
      await sleep(LOOK_MS);
    }
  } finally {
    turn.close();
  }
}

/** Null where the writer shows up again, or cannot be ended: it was stopped in a transaction, out of reach. */
async function replace(file: string, seen: string): Promise<WriterLock | null> {
  const owner = readOwner(file);
  const fence = endTerm(file, seen);
  if (fence === "alive") return null;
  // Its ports, its children and its locks are free only when it has ended.
  if (owner !== null) await endOwner(owner);
  if (fence === "locked") return tryWriterLock(file);
  rmSync(lockOf(file), { force: true });
  return tryWriterLock(file);
}

function endTerm(file: string, seen: string): "ended" | "alive" | "locked" {
  const sqlite = new Database(file, { timeout: FENCE_WAIT_MS });
  try {
    return sqlite
      .transaction(() => {
        // It cannot write now; so what it shows here is what counts.
        if (lastBeat(file) !== seen) return "alive" as const;
        raiseTerm(sqlite);
        return "ended" as const;
      })
      .immediate();
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) return "locked";
    throw error;
  } finally {
    sqlite.close();
  }
}
