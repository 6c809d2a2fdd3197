/**
 * Keeps the memory of a program that serves others close to what it uses. Left alone, V8 lets the space for young objects
 * grow to 48 MB under load, collects the old ones seldom, and gives little back. It costs a seventh of the time of starting
 * up, so a short run goes without.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** A program that is still there has started up, and goes on to serve. Milliseconds. */
const STARTED_UP_MS = 15_000;

let waiting: NodeJS.Timeout | undefined;

/** For what serves, once, where it starts. A command that reads much and then ends would only be slowed down by it. */
export function saveMemory(): void {
  waiting ??= setTimeout(save, STARTED_UP_MS).unref();
}

/**
 * For a program whose main thread only waits, where it starts: its threads then begin small. What one of them runs often is
 * compiled in that thread. Each of V8's own four would keep the 4 MB that its largest piece needed.
 */
export function startSmall(): void {
  setFlagsFromString("--no-concurrent-recompilation");
  save();
}

function save(): void {
  setFlagsFromString("--optimize-for-size");
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  // Gives back what starting up has left.
  collect();
  // Node joins V8's compiler threads when it exits. One that finds the smaller heap full waits for the main thread to
  // collect, which waits for it: a process was seen to hang that way. After a collection there is room for what they still
  // compile.
  process.on("exit", () => collect());
}

/**
 * For a program that finds that it serves many at once. What a thousand calls in progress hold outlives the small space,
 * which is then copied again and again: collecting took 43 % of a coordinator's time with 1,000 lanes.
 */
export function allowMoreMemory(): void {
  if (waiting === undefined) return;
  clearTimeout(waiting);
  setFlagsFromString("--no-optimize-for-size");
  setFlagsFromString("--semi-space-growth-factor=4");
  // Left alone, V8 lets the old objects grow to four times what is in use.
  setFlagsFromString("--heap-growing-percent=100");
}
