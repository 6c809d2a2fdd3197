/**
 * What happened while a run was under faults, and which of its parts were away in a stretch of it. Pure: the parts are told
 * of by the faults, by the ends of programs, and by what the coordinator stored.
 */
import type { Fault } from "./schedule.ts";

const PARTS = ["coordinator", "nats", "worker-0", "worker-1", "evaluator-0", "evaluator-1", "volume"] as const;
export type Part = (typeof PARTS)[number];

export interface Moment {
  /** Milliseconds of one clock, in order. */
  readonly at: number;
  readonly text: string;
  readonly change?: { readonly part: Part; readonly is: "away" | "back" };
}

export interface Absence {
  readonly part: Part;
  readonly ms: number;
}

/** What a fault takes away from the run; null where everything stays, or is only slower. */
export function takenBy({ kind, target }: Fault): Part | null {
  return kind === "kill_compiler" || kind === "stop_compiler" || kind === "slow" ? null : target;
}

/** Longest first. */
export function absencesIn(moments: readonly Moment[], from: number, to: number): Absence[] {
  return PARTS.map((part) => {
    let ms = 0;
    let since: number | null = null;
    for (const { at, change } of moments) {
      if (change?.part !== part) continue;
      if (change.is === "away") since ??= at;
      else if (since !== null) {
        ms += overlap(since, at, from, to);
        since = null;
      }
    }
    return { part, ms: ms + (since === null ? 0 : overlap(since, Number.POSITIVE_INFINITY, from, to)) };
  })
    .filter((absence) => absence.ms > 0)
    .toSorted((one, other) => other.ms - one.ms);
}

const overlap = (from: number, to: number, low: number, high: number) =>
  Math.max(0, Math.min(to, high) - Math.max(from, low));

/** One line for people. */
export function describeAbsences(absences: readonly Absence[]): string {
  if (absences.length === 0) return "while no part was away";
  return `away of it: ${absences.map(({ part, ms }) => `${part} ${(ms / 1000).toFixed(1)} s`).join(", ")}`;
}
