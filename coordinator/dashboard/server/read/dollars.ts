/** Dollars of a run's model calls over time. A call that is not settled counts at its worst case. */
import type { Reader } from "./reader.ts";

/** @returns what was committed by a time of day. */
export function spentAt({ lineage }: Reader, run: string): (time: number) => number {
  const rows = lineage.sqlite
    .prepare("select created_at, coalesce(cost_usd, reserved_usd) from model_calls where run = ? order by created_at")
    .raw()
    .all(run) as [number, number][];
  const sums = new Float64Array(rows.length + 1);
  for (const [at, [, usd]] of rows.entries()) sums[at + 1] = (sums[at] as number) + usd;
  return (time) => {
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((rows[middle] as [number, number])[0] <= time) low = middle + 1;
      else high = middle;
    }
    return sums[low] as number;
  };
}
