/**
 * Keeps the memory of a program that serves others close to what it uses. Left alone, V8 lets the space for young objects
 * grow to 48 MB under load, collects the old ones seldom, and gives little back. Imported by what serves, before it
 * allocates; a command that reads much and then ends would only be slowed down by it.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--optimize-for-size");
setFlagsFromString("--semi-space-growth-factor=1");
/**
 * For a program that finds that it serves many at once. What a thousand calls in progress hold outlives the small space,
 * which is then copied again and again: collecting took 43 % of a coordinator's time with 1,000 lanes.
 */
export function allowMoreMemory(): void {
  setFlagsFromString("--no-optimize-for-size");
  setFlagsFromString("--semi-space-growth-factor=4");
  // Left alone, V8 lets the old objects grow to four times what is in use.
  setFlagsFromString("--heap-growing-percent=100");
}

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");
// Node joins V8's compiler threads when it exits. One that finds the smaller heap full waits for the main thread to collect,
// which waits for it: a process was seen to hang that way. After a collection there is room for what they still compile.
process.on("exit", () => collect());
