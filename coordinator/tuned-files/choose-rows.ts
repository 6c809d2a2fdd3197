/** What a tuned file gets for each batch size: what a run found, or the stack's own rule where that won nothing. */
import type { TunedRow } from "./format.ts";
import { configOf, nearestRow, sameConfig } from "./lookup.ts";

/** A configuration that a run timed for one batch size, against the baseline that was timed beside it. */
export interface Timed {
  readonly config: Readonly<Record<string, unknown>>;
  readonly timeUs: number;
  readonly speedup: number;
  readonly low: number;
  readonly high: number;
}

export interface FoundBatch {
  readonly batch: number;
  /** The winner, measured again; null where nothing ran. */
  readonly best: Timed | null;
  /** Everything that was timed, the winner included. */
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
  /** `found`, or `default` where nothing found was faster by more than both intervals. */
  readonly from: "found" | "default";
  /** Of the winner, also where the row is the default; null where nothing ran. */
  readonly time_us: number | null;
  readonly speedup: number | null;
  readonly speedup_low: number | null;
  readonly speedup_high: number | null;
  /** How many times as fast as each rival; null where this run did not time the rival's row. */
  readonly against: Readonly<Record<string, number | null>>;
}

/** @param rule the stack's own rule: the first rival, and what a row is pinned to. */
export function chooseRows(found: readonly FoundBatch[], rule: Rival, files: readonly Rival[]): ChosenRow[] {
  return found.map(({ batch, best, timed }): ChosenRow => {
    const usual = nearestRow(rule.rows, batch);
    const timedRow = (row: TunedRow) => timed.find(({ config }) => sameConfig(config, row)) ?? null;
    const asUsual = timedRow(usual);
    // Each was timed beside the baseline, at another moment: what the baseline took then is taken out.
    const isFaster = best !== null && (asUsual === null || best.low > asUsual.high) && !sameConfig(best.config, usual);
    const against = [rule, ...files].map(({ name, rows }) => {
      const other = timedRow(nearestRow(rows, batch));
      return [name, best === null || other === null ? null : best.speedup / other.speedup] as const;
    });
    return {
      batch,
      row: isFaster ? configOf(best.config as TunedRow) : usual,
      from: isFaster ? "found" : "default",
      time_us: best?.timeUs ?? null,
      speedup: best?.speedup ?? null,
      speedup_low: best?.low ?? null,
      speedup_high: best?.high ?? null,
      against: Object.fromEntries(against),
    };
  });
}
