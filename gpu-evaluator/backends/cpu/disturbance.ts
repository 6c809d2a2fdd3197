/**
 * The effect of a busy machine on a claim. A bootstrap sees differences between rounds; it cannot see a disturbance of
 * one process in all of them, such as a core that another program holds. Two measures of that widen the interval.
 */
import type { Ratio } from "./statistics.ts";

export interface Disturbance {
  /** Ratio of the fastest baseline to itself in another process; 1 where that was not measured. */
  readonly repeated: number;
  /** Of the same process in the first half of the rounds to the second. */
  readonly drift: number;
  /** Shares of the time, 0 to 1, that threads of the candidate and of the baseline waited for a core. */
  readonly ownWait: number;
  readonly baselineWait: number;
}

/** A machine on which equal programs differ by this much, or wait this long, cannot tell which of two is faster. */
const MAX_REPEATED = 1.25;
const MAX_WAIT = 0.25;
/** One on which the same program takes this much longer or shorter after a while tells of itself, not of the programs. */
const MAX_DRIFT = 2;

/** Threads of other programs per core, below which nobody else can have kept a core for long. */
const MAX_QUIET_LOAD = 0.1;

/**
 * Without the waits that a candidate causes itself, with more threads than there are cores or with threads that spin: they
 * are part of its time, and not the machine's doing, where its baseline waits for nobody in the same rounds and no other program wants a core.
 * @param load threads of other programs per core, null where it is not known
 */
export function othersDoing(found: Disturbance, load: number | null): Disturbance {
  const isQuiet = load !== null && load <= MAX_QUIET_LOAD && found.baselineWait <= MAX_WAIT;
  return isQuiet ? { ...found, ownWait: Math.min(found.ownWait, found.baselineWait) } : found;
}

export function isTooBusy({ repeated, drift, ownWait, baselineWait }: Disturbance): boolean {
  return apart(repeated) > MAX_REPEATED || apart(drift) > MAX_DRIFT || Math.max(ownWait, baselineWait) > MAX_WAIT;
}

/** How far a ratio is from 1, as a ratio of at least 1. */
export function apart(ratio: number): number {
  return Math.max(ratio, 1 / ratio);
}

/** The interval with all that the machine may have done. */
export function widened({ value, low, high }: Ratio, disturbance: Disturbance): Ratio {
  const factor = apart(disturbance.repeated);
  // A call took at least the part of its time in which it did not wait.
  const [own, baseline] = [disturbance.ownWait, disturbance.baselineWait].map((share) => 1 - Math.min(share, 0.99));
  return { value, low: (low / factor) * (baseline as number), high: (high * factor) / (own as number) };
}

/** Of a machine that was too busy. */
export function withoutClaim({ value, low, high }: Ratio): Ratio {
  return { value, low: Math.min(low, 1), high: Math.max(high, 1) };
}
