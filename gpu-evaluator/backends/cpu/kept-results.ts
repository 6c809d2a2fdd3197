/**
 * Whether a kernel keeps results between calls, which its contract forbids. It would gain nothing: every timed call has
 * new inputs. A repeated call that is much faster is only a suspicion, since a machine that does something else slows
 * some calls and not others; it takes so many that chance does not give them.
 */
import { WrongOutput } from "./finding.ts";
import type { TimedProcess } from "./timed-process.ts";

/** A repeated call of a kernel that computes takes as long as the first; this much less, times and milliseconds, is suspect. */
const FACTOR = 3;
const SLACK_MS = 0.02;
/** Calls again on the inputs of the last timed one: none of them is fast where nothing is kept. */
const LOOKS = 3;
/** Then pairs of a new call and a repeated one, and how many of the repeated must be faster than every new one. */
const PAIRS = 24;
/** Of 48 calls that do not differ, the fastest 16 are all repeated ones once in three million times. */
const MIN_FASTER = 16;

/**
 * Throws WrongOutput. A few calls more for a kernel that computes.
 * @param usualMs of one timed call
 */
export async function refuseKeptResults(process: TimedProcess, usualMs: number, limitMs: number): Promise<void> {
  const { source, id } = process;
  const looks: number[] = [];
  while (looks.length < LOOKS && fasterThan([usualMs], looks) === 0) looks.push(await source.sameCall(id, limitMs));
  if (fasterThan([usualMs], looks) === 0) return;
  const fresh: number[] = [];
  const repeated: number[] = [];
  for (let pair = 1; pair <= PAIRS; pair++) {
    fresh.push(await source.freshCall(id, limitMs));
    repeated.push(await source.sameCall(id, limitMs));
    if (fasterThan(fresh, repeated) + PAIRS - pair < MIN_FASTER) return;
  }
  const faster = fasterThan(fresh, repeated);
  throw new WrongOutput(
    `workload ${source.workload.name}: a call on new inputs takes ${Math.min(...fresh).toFixed(3)} ms at least, and ` +
      `${faster} of ${PAIRS} repeated ones less than a third of that: results are kept between calls`,
  );
}

/** How many repeated calls are faster than every new one, by far. */
export function fasterThan(fresh: readonly number[], repeated: readonly number[]): number {
  const least = Math.min(...fresh);
  return repeated.filter((ms) => ms * FACTOR < least && ms + SLACK_MS < least).length;
}
