/**
 * Detects a kernel that keeps results between calls, which its contract forbids. It would gain nothing, since every timed
 * call has new inputs. Calls are compared by the processor time that all threads of the process used: a busy machine
 * makes a call wait, but hardly changes how much the call computes.
 */
import { WrongOutput } from "./finding.ts";
import type { TimedProcess } from "./timed-process.ts";

/** A repeated call of a kernel that computes costs as much as the first; one this much cheaper, by factor and milliseconds, is suspect. */
const FACTOR = 3;
const SLACK_MS = 0.02;
/** Repeated calls after one on new inputs. A kernel that keeps nothing is cheap in none of them. */
const LOOKS = 3;
/** Pairs of a new and a repeated call that test a suspicion. */
const PAIRS = 24;
/** Of 48 calls that do not differ, the cheapest 16 are all repeated ones once in three million times. */
const MIN_CHEAPER = 16;

/** Throws WrongOutput. Costs a kernel that computes a few calls. */
export async function refuseKeptResults(process: TimedProcess, limitMs: number): Promise<void> {
  const { source, id } = process;
  const first = await source.freshCall(id, limitMs);
  const looks: number[] = [];
  while (looks.length < LOOKS && cheaperThan([first], looks) === 0) looks.push(await source.sameCall(id, limitMs));
  if (cheaperThan([first], looks) === 0) return;
  const fresh: number[] = [];
  const repeated: number[] = [];
  for (let pair = 1; pair <= PAIRS; pair++) {
    fresh.push(await source.freshCall(id, limitMs));
    repeated.push(await source.sameCall(id, limitMs));
    if (cheaperThan(fresh, repeated) + PAIRS - pair < MIN_CHEAPER) return;
  }
  const cheaper = cheaperThan(fresh, repeated);
  throw new WrongOutput(
    `workload ${source.workload.name}: every call on new inputs takes at least ${Math.min(...fresh).toFixed(3)} ms of ` +
      `processor time, and ${cheaper} of ${PAIRS} repeated calls less than a third of that: results are kept between calls`,
  );
}

/** How many repeated calls are far cheaper than every new one. */
export function cheaperThan(fresh: readonly number[], repeated: readonly number[]): number {
  const least = Math.min(...fresh);
  return repeated.filter((ms) => ms * FACTOR < least && ms + SLACK_MS < least).length;
}
