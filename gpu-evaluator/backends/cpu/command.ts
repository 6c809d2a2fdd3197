/** Runs one command to its end in a process group of its own: the compiler, the reference, a comparison. */
import { spawn } from "node:child_process";
import { killGroup } from "../process-group.ts";

export interface CommandOptions {
  readonly cwd: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Beside PATH, the only variable passed on. */
  readonly env?: Record<string, string>;
  readonly input?: string;
}

export interface CommandResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** More of either stream is dropped. */
const MAX_OUTPUT = 64 * 1024;

/** Kept small so that no key of the daemon's environment reaches what it starts. */
export function bareEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin", ...extra };
}

/** Rejects with the signal's reason when aborted, and with the system's error when the command cannot be started. */
export function runCommand(file: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    options.signal?.throwIfAborted();
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: bareEnvironment(options.env),
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    let timedOut = false;
    const end = () => child.pid !== undefined && killGroup(child.pid, "SIGKILL");
    const timer = setTimeout(() => {
      timedOut = true;
      end();
    }, options.timeoutMs);
    options.signal?.addEventListener("abort", end);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (stdout.length < MAX_OUTPUT) stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (stderr.length < MAX_OUTPUT) stderr += text;
    });
    child.stdin.on("error", () => {}); // It may end without reading.
    child.stdin.end(options.input ?? "");
    const settled = () => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", end);
    };
    child.on("error", (error) => {
      settled();
      reject(error);
    });
    child.on("close", (code) => {
      settled();
      if (options.signal?.aborted) reject(options.signal.reason);
      else resolve({ code, stdout, stderr, timedOut });
    });
  });
}
