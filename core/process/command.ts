/** Runs one command to its end, in a new process group: a compiler, a reference, a tool that answers a question. */
import { reasonOf } from "../errors/system-error.ts";
import { describeEnd } from "./ended.ts";
import { killGroup, type StartOptions, startGroup } from "./group.ts";

export interface CommandOptions extends StartOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly input?: string;
}

export interface CommandResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  /** The reason for ending it; null where it ended by itself. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** Characters; more of either stream is dropped. */
const MAX_OUTPUT = 64 * 1024;

/** @throws the signal's reason when aborted; the system's error when the command cannot be started. */
export function runCommand(command: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const { timeoutMs, signal, input, ...start } = options;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const child = startGroup(command, start);
    let stdout = "";
    let stderr = "";
    let timedOut = false;
    const end = () => child.pid !== undefined && killGroup(child.pid, "SIGKILL");
    const timer = setTimeout(() => {
      timedOut = true;
      end();
    }, timeoutMs);
    signal?.addEventListener("abort", end);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (stdout.length < MAX_OUTPUT) stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (stderr.length < MAX_OUTPUT) stderr += text;
    });
    child.stdin.on("error", () => {}); // It may end without reading.
    child.stdin.end(input ?? "");
    const settled = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
    };
    child.on("error", (error) => {
      settled();
      reject(error);
    });
    child.on("close", (code, by) => {
      settled();
      if (signal?.aborted) reject(signal.reason);
      else resolve({ code, signal: by, stdout, stderr, timedOut });
    });
  });
}

/** A command that is not there, failed, or took too long; the message is one line. */
export class CommandFailed extends Error {
  /** There is no such program. */
  readonly notFound: boolean;
  readonly stderr: string;

  constructor(message: string, { notFound = false, stderr = "" } = {}) {
    super(message);
    this.notFound = notFound;
    this.stderr = stderr;
  }
}

/** Standard output of the command. @throws CommandFailed, or the signal's reason when aborted. */
export async function outputOf(command: readonly string[], options: CommandOptions): Promise<string> {
  const [name] = command;
  let result: CommandResult;
  try {
    result = await runCommand(command, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    const isAbsent = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (isAbsent) throw new CommandFailed(`${name} was not found`, { notFound: true });
    throw new CommandFailed(`${name} cannot be started: ${reasonOf(error)}`);
  }
  const { code, stdout, stderr, timedOut } = result;
  if (code === 0 && !timedOut) return stdout;
  const line = stderr.trim().split("\n")[0];
  const how = timedOut ? `did not end within ${options.timeoutMs / 1000} s` : describeEnd(result);
  throw new CommandFailed(`${name} ${how}${line ? `: ${line}` : ""}`, { stderr });
}
