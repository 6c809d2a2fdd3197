/** How a replay moves over a run's evaluations. */

/** Evaluations per second. */
export const SPEEDS = [1, 2, 5, 10, 25, 50, 100, 250, 1000] as const;

export interface Step {
  readonly position: number;
  /** The part of an evaluation that the next step begins with. */
  readonly rest: number;
  readonly ended: boolean;
}

/** The position after some time; it never passes the end. */
export function advance(position: number, rest: number, elapsedMs: number, perSecond: number, end: number): Step {
  const way = rest + (elapsedMs / 1000) * perSecond;
  const whole = Math.floor(way);
  const next = Math.min(end, position + whole);
  return { position: next, rest: next === end ? 0 : way - whole, ended: next >= end };
}

/** The nearest mark on the way; the end of the run where there is none. */
export function nextMark(marks: readonly number[], position: number, direction: 1 | -1, end: number): number {
  const sorted = [...marks].sort((a, b) => a - b);
  const found = direction === 1 ? sorted.find((mark) => mark > position) : sorted.findLast((mark) => mark < position);
  return found ?? (direction === 1 ? end : 0);
}

/** One faster or slower, within what there is. */
export function otherSpeed(speed: number, step: 1 | -1): number {
  const at = SPEEDS.findIndex((one) => one >= speed);
  return SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at + step))] ?? speed;
}
