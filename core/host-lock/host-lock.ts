/**
 * Locks by name for all processes of this user on this host, shared or exclusive. They are file locks taken through
 * SQLite, so the operating system frees them when their holder dies, however it dies. The files are in the directory
 * for temporary files. Processes exclude each other only if they share TMPDIR, so containers share that folder.
 *
 * Fairness: each lock has a host-wide gate. A process that wants the lock, in either mode, takes the gate, waits for
 * the lock behind it, and gives the gate back once it has the lock. So a waiting writer keeps new readers out, and a
 * process that has just released the lock cannot overtake one that waits for it.
 *
 * Nothing blocks the event loop: each try is a few file-lock calls; between tries there are timers, and within one
 * process only the head of a lock's queue tries.
 */
import { LockQueue, type Release } from "./lock-queue.ts";
import { openNamedLock } from "./named-lock.ts";

export type { Release } from "./lock-queue.ts";

const queues = new Map<string, LockQueue>();

function queueOf(name: string): LockQueue {
  let queue = queues.get(name);
  if (queue === undefined) {
    queue = new LockQueue(openNamedLock(name), openNamedLock(`${name}.gate`));
    queues.set(name, queue);
  }
  return queue;
}

/**
 * Waits until no process on this host holds `name` in any mode, and takes it. Call the release when done, or bind it
 * with `using`; releasing twice is harmless.
 * @throws the signal's reason when aborted while waiting; UserError when the lock's file cannot be used.
 */
export async function acquireExclusive(name: string, signal?: AbortSignal): Promise<Release> {
  return queueOf(name).acquire("exclusive", signal);
}

/** Waits until no process on this host holds `name` exclusively. As `acquireExclusive` otherwise. */
export async function acquireShared(name: string, signal?: AbortSignal): Promise<Release> {
  return queueOf(name).acquire("shared", signal);
}
