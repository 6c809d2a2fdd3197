/** What a process has used of processor and memory, from /proc. */
import { readFileSync } from "node:fs";

const TICKS_PER_S = 100;

export interface Usage {
  /** Seconds of processor time of all its threads, and of the one that runs its code. */
  readonly seconds: number;
  readonly mainSeconds: number;
  /** Bytes resident now and at most so far. */
  readonly resident: number;
  readonly peak: number;
}

export function usageOf(pid: number): Usage {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024;
  return {
    seconds: secondsIn(`/proc/${pid}/stat`),
    mainSeconds: secondsIn(`/proc/${pid}/task/${pid}/stat`),
    resident: bytes("VmRSS"),
    peak: bytes("VmHWM"),
  };
}

/** Its user and system time; the fields follow the name, which is in parentheses. */
function secondsIn(path: string): number {
  const text = readFileSync(path, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

/** The direct children of a process, with their command lines. */
export function childrenOf(pid: number): { pid: number; command: string }[] {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  return pids.map((child) => ({
    pid: child,
    command: readFileSync(`/proc/${child}/cmdline`, "utf8").replaceAll("\0", " "),
  }));
}
