/** How a process ended, for people. */
import { constants } from "node:os";

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The usual meaning of a signal that no person sent. */
const MEANING: Readonly<Record<string, string>> = {
  SIGABRT: "it gave up",
  SIGBUS: "it used memory that is not there",
  SIGFPE: "it divided by zero",
  SIGILL: "this processor lacks one of its instructions",
  SIGKILL: "often because memory ran out",
  SIGSEGV: "it used memory that is not its own",
  SIGSYS: "it made a forbidden system call",
  SIGXCPU: "it used up its processor time",
  SIGXFSZ: "it wrote too large a file",
};

/** Completes "it …". */
export function describeEnd({ code, signal }: End): string {
  // As shells do, the sandbox tells of a signal by 128 and its number.
  const endedBy = signal ?? (code !== null && code > 128 ? signalOf(code - 128) : null);
  // Node's way to say that the system refused to start it.
  if (code !== null && code < 0) return "could not be started";
  return endedBy === null ? `ended with code ${code ?? "unknown"}` : `was ended by ${describeSignal(endedBy)}`;
}

/** The signal's name; null for an unknown number. */
export function signalOf(number: number): string | null {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? null;
}

export function describeSignal(signal: string): string {
  const meaning = MEANING[signal];
  return meaning === undefined ? signal : `${signal} (${meaning})`;
}
