/**
 * Processes in a new group: Ctrl-C in the terminal does not reach them, and a signal to the group reaches all their
 * children.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";

/** Its streams are pipes. */
export type GroupProcess = ChildProcessWithoutNullStreams;

export interface StartOptions {
  readonly cwd?: string;
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The event `error` reports a failed start. */
export function startGroup([file, ...args]: readonly string[], options: StartOptions): GroupProcess {
  return spawn(file as string, args, { ...options, detached: true, stdio: "pipe" });
}

export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has already ended.
  }
}
