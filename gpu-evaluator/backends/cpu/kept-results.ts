/**
 * Whether a kernel keeps results between calls, which its contract forbids. It would gain nothing: every timed call has
 * new inputs. A repeated call that is much faster is only a suspicion, since a machine that does something else slows
 * some calls and not others; it takes as many in a row as chance does not give.
 */
import { WrongOutput } from "./finding.ts";
import type { TimedProcess } from "./timed-process.ts";

/** A repeated call of a kernel that computes takes as long as the first; this much less, times and milliseconds, is suspect. */
const FACTOR = 3;
const SLACK_MS = 0.02;
/** Pairs of calls. Without a difference all repeated ones are the faster once in 2.7 million times (24 over 12). */
const PAIRS = 12;

/** Throws WrongOutput. One call more for a kernel that computes. */
export async function refuseKeptResults(process: TimedProcess, limitMs: number): Promise<void> {
  const { source, id } = process;
  const fresh: number[] = [];
  const repeated: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    fresh.push(await source.freshCall(id, limitMs));
    repeated.push(await source.sameCall(id, limitMs));
    if (!isSuspect(fresh, repeated)) return;
  }
  throw new WrongOutput(
    `workload ${source.workload.name}: a call on new inputs takes ${Math.min(...fresh).toFixed(3)} ms at least, a ` +
      `repeated one ${Math.max(...repeated).toFixed(3)} ms at most, ${PAIRS} times in a row: results are kept between calls`,
  );
}

/** Every repeated call faster than every fresh one, by far. */
export function isSuspect(fresh: readonly number[], repeated: readonly number[]): boolean {
  const [least, most] = [Math.min(...fresh), Math.max(...repeated)];
  return most * FACTOR < least && most + SLACK_MS < least;
}
