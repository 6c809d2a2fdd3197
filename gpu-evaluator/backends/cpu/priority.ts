/** Timed programs get priority over other programs of this machine where this user may set it, as root may. */
import { writeFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/** Steps of niceness: what wakes has a core at once, and other programs still have about a tenth of it. */
const STEPS = 10;
const HIGHEST = -20;

/** @param start starts a process in a new session, which inherits the priority that this process has meanwhile */
export function withPriority<P extends { readonly pid?: number | undefined }>(start: () => P): P {
  const usual = getPriority();
  const raised = Math.max(HIGHEST, usual - STEPS);
  try {
    setPriority(raised);
  } catch {
    return start();
  }
  try {
    const started = start();
    raiseSession(started.pid, raised);
    return started;
  } finally {
    setPriority(usual);
  }
}

/** Where the system shares the cores between sessions first, niceness counts within one only. */
function raiseSession(pid: number | undefined, niceness: number): void {
  try {
    if (pid !== undefined) writeFileSync(`/proc/${pid}/autogroup`, String(niceness));
  } catch {
    // It has no such thing.
  }
}
