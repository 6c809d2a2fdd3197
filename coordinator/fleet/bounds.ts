/** How many evaluators a run wants at least, and takes at most. Pure. */
import { counted } from "@kevo/core/text/plural.ts";

export interface FleetBounds {
  /** With fewer that serve, the run proposes nothing. */
  readonly floor: number;
  /** Further ones wait in reserve; null without a limit. */
  readonly ceiling: number | null;
}

/** Whether one more may serve. */
export function hasRoom({ ceiling }: FleetBounds, serving: number): boolean {
  return ceiling === null || serving < ceiling;
}

/** Says that too few serve; null where enough do. */
export function shortfallOf({ floor }: FleetBounds, serving: number): string | null {
  if (serving >= floor) return null;
  return `${serving} of the ${counted(floor, "evaluator")} that --min-evaluators requires ${serving === 1 ? "serves" : "serve"}`;
}
