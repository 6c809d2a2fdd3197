/** The pace that a service demands, kept among all processes of this user on this host. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { privateFolder } from "@kevo/core/config/user-folders.ts";
import { acquireExclusive } from "@kevo/core/host-lock/host-lock.ts";

/**
 * Runs `call` alone on this host, and no sooner than `intervalMs` after the last one began and ended. The time of the
 * last one lies in a file, since the process that made it may have ended.
 * @throws what `call` throws; the signal's reason when aborted while waiting.
 */
export async function inPace<T>(
  name: string,
  intervalMs: number,
  signal: AbortSignal | undefined,
  call: () => Promise<T>,
): Promise<T> {
  if (intervalMs <= 0) return call();
  using _ = await acquireExclusive(`research-${name}`, signal);
  const file = join(privateFolder("kevo-pace"), name);
  // A clock that was set back must not make us wait for ever.
  const wait = Math.min(intervalMs, lastCall(file) + intervalMs - Date.now());
  if (wait > 0) await sleep(wait, undefined, signal === undefined ? {} : { signal });
  // Before the call for one that is killed, after it because the way there takes time too.
  writeFileSync(file, String(Date.now()));
  try {
    return await call();
  } finally {
    writeFileSync(file, String(Date.now()));
  }
}

function lastCall(file: string): number {
  try {
    return Number(readFileSync(file, "utf8")) || 0;
  } catch {
    return 0;
  }
}
