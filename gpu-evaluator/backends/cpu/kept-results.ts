/**
 * Detects a kernel that keeps results between calls, which its contract forbids. It would gain nothing, since every timed
 * call has new inputs. Calls are compared by the processor time that all threads of the process used: a busy machine makes
 * a call wait, but hardly changes how much the call computes. A repeated call that is much cheaper is still only a
 * suspicion: threads that wait for one another may spin. Both kinds of calls follow the same preparations, so where nothing
 * is kept either is as likely to be the cheap one, however busy the machine is, and a sign test over many pairs decides.
 */
import { WrongOutput } from "./finding.ts";
import type { TimedProcess } from "./timed-process.ts";

/** A repeated call of a kernel that computes costs as much as the first; one this much cheaper, by factor and milliseconds, is suspect. */
const FACTOR = 3;
const SLACK_MS = 0.02;
/** Repeated calls that look for a suspicion, and pairs of a new call and a repeated one that then confirm it. */
const LOOKS = 3;
const PAIRS = 32;
/** The accepted chance that noise looks as one-sided as kept results. */
const CHANCE = 1e-6;

/** Milliseconds of processor time of a call. */
export interface Calls {
  readonly fresh: () => Promise<number>;
  /** On the inputs of the last fresh one. */
  readonly same: () => Promise<number>;
}

/** Throws WrongOutput. A few calls more for a kernel that computes. */
export async function refuseKeptResults({ source, id }: TimedProcess, limitMs: number): Promise<void> {
  const wrong = await keptResults({
    fresh: () => source.freshCall(id, limitMs),
    same: () => source.sameCall(id, limitMs),
  });
  if (wrong !== null) throw new WrongOutput(`workload ${source.workload.name}: ${wrong}`);
}

/** The complaint; null for a good kernel, or where noise could explain it. */
export async function keptResults({ fresh, same }: Calls): Promise<string | null> {
  const first = await fresh();
  let isSuspected = false;
  for (let look = 0; look < LOOKS && !isSuspected; look++) isSuspected = isCheaper(await same(), first);
  if (!isSuspected) return null;
  let [cheaper, dearer, least] = [0, 0, Number.POSITIVE_INFINITY];
  // Other calls than those that raised the suspicion.
  for (let pair = 1; pair <= PAIRS; pair++) {
    const [once, again] = [await fresh(), await same()];
    if (isCheaper(again, once)) cheaper++;
    if (isCheaper(once, again)) dearer++;
    if (oneSided(cheaper + PAIRS - pair, dearer) > CHANCE) return null;
    least = Math.min(least, once);
  }
  return (
    `every call on new inputs takes at least ${least.toFixed(3)} ms of processor time, and of ${PAIRS} repeated at once ` +
    `${cheaper} take less than a third of it, ${dearer} more than three times as much: results are kept between calls`
  );
}

function isCheaper(a: number, b: number): boolean {
  return a * FACTOR < b && a + SLACK_MS < b;
}

/** Sign test: the chance of at most `few` pairs on one side, of `many + few` pairs whose sides are equally likely. */
export function oneSided(many: number, few: number): number {
  const all = many + few;
  let [ways, sum] = [1, 0];
  for (let k = 0; k <= few; k++) {
    sum += ways;
    ways *= (all - k) / (k + 1);
  }
  return sum / 2 ** all;
}
