/**
 * Is the process with this id still the one that was started? Process ids are used again, so an id counts only
 * together with the time at which its process started.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** When the process started, in a form that only compares for equality; null when there is no such process. */
export function startTimeOf(pid: number): string | null {
  try {
    if (process.platform === "linux") {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      // Fields count from behind the command's name, which may itself hold blanks and brackets.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      // A zombie has ended: only its entry is left. Field 22 is the start, in clock ticks since boot.
      return fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? null);
    }
    const started = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], {
      env: { PATH: process.env.PATH ?? "" },
      encoding: "utf8",
      timeout: 2000,
    });
    return started.trim() || null;
  } catch {
    return null;
  }
}

export function isAlive(pid: number, startTime: string): boolean {
  return startTimeOf(pid) === startTime;
}

/** Asks with TERM, then forces with KILL. Resolves once the process has ended. */
export async function endProcess(pid: number, startTime: string, graceMs = 5000): Promise<void> {
  const give = (signal: NodeJS.Signals) => {
    try {
      // Checked immediately before, so that no other process is hit.
      if (isAlive(pid, startTime)) process.kill(pid, signal);
    } catch {
      // It ended in between.
    }
  };
  give("SIGTERM");
  const deadline = performance.now() + graceMs;
  while (isAlive(pid, startTime)) {
    if (performance.now() > deadline) give("SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
