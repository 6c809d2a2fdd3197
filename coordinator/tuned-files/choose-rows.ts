/** What a tuned file gets for each batch size: what a run found, or the best of what was there where that won nothing. */
import type { TunedRow } from "./format.ts";
import { type CarriedConfig, configOf, nearestRow, rowOf, sameConfig } from "./lookup.ts";

/** A configuration that a run timed for one batch size, against the baseline that was timed beside it. */
export interface Timed {
  readonly config: CarriedConfig;
  readonly timeUs: number;
  readonly speedup: number;
  readonly low: number;
  readonly high: number;
}

export interface FoundBatch {
  readonly batch: number;
  /** The winner, measured again; null where nothing ran. */
  readonly best: Timed | null;
  /** Everything that was timed, the winner included: measured again where it was a finalist, as rivals are. */
  readonly timed: readonly Timed[];
}

/** Rows that are there without this run: the stack's rule, and files. */
export interface Rival {
  readonly name: string;
  readonly rows: ReadonlyMap<number, TunedRow>;
}

export interface ChosenRow {
  readonly batch: number;
  readonly row: TunedRow;
  /** `found`; or where nothing found was faster by more than chance, the fastest rival: `default` the rule, else `seeds`. */
  readonly from: "found" | "default" | "seeds";
  /** Of the row; null where this run did not time it. */
  readonly time_us: number | null;
  readonly speedup: number | null;
  readonly speedup_low: number | null;
  readonly speedup_high: number | null;
  /** How many times as fast as each rival the row is; null where this run did not time both. */
  readonly against: Readonly<Record<string, number | null>>;
}

/** @param rule the stack's own rule: the first rival, and the row where none was timed. */
export function chooseRows(found: readonly FoundBatch[], rule: Rival, files: readonly Rival[]): ChosenRow[] {
  return found.map(({ batch, best, timed }): ChosenRow => {
    const rivals = [rule, ...files].map(({ name, rows }) => {
      const row = nearestRow(rows, batch);
      return { name, row, timed: timed.find(({ config }) => sameConfig(config, configOf(row))) ?? null };
    });
    const [usual] = rivals as [(typeof rivals)[number]];
    const fastest = rivals.reduce((a, b) => ((b.timed?.speedup ?? 0) > (a.timed?.speedup ?? 0) ? b : a), usual);
    const isFound = best !== null && rivals.every((rival) => rival.timed === null || isFaster(best, rival.timed));
    const chosen = isFound ? best : fastest.timed;
    const against = rivals.map(({ name, timed: other }) => {
      return [name, chosen === null || other === null ? null : chosen.speedup / other.speedup] as const;
    });
    return {
      batch,
      row: isFound ? rowOf(best.config) : fastest.row,
      from: isFound ? "found" : fastest === usual ? "default" : "seeds",
      time_us: chosen?.timeUs ?? null,
      speedup: chosen?.speedup ?? null,
      speedup_low: chosen?.low ?? null,
      speedup_high: chosen?.high ?? null,
      against: Object.fromEntries(against),
    };
  });
}

/** By more than the interval of the ratio of both, which were timed apart: their errors are independent. */
function isFaster(one: Timed, other: Timed): boolean {
  const half = ({ low, high }: Timed) => Math.log(high / low) / 2;
  return Math.log(one.speedup / other.speedup) > Math.hypot(half(one), half(other));
}
