/** The color of a cell: two hues that meet where a cell is as fast as its fastest baseline. */
export interface Tone {
  readonly side: "faster" | "slower" | "even" | "missing";
  /** Of the color in the cell's background. */
  readonly strength: string;
}

/** A cell whose interval holds 1 is not called faster or slower. */
export function toneOf(
  speedup: { readonly value: number; readonly low: number | null; readonly high: number | null } | null,
  extreme: number,
): Tone {
  if (speedup === null || speedup.value <= 0) return { side: "missing", strength: "0%" };
  const { value, low, high } = speedup;
  if ((low ?? value) <= 1 && (high ?? value) >= 1) return { side: "even", strength: "0%" };
  const share = extreme === 0 ? 0 : Math.min(1, Math.abs(Math.log(value)) / extreme);
  return { side: value > 1 ? "faster" : "slower", strength: `${Math.round(8 + 47 * Math.sqrt(share))}%` };
}

/** The largest distance from the baseline, as a logarithm. */
export function extremeOf(speedups: readonly number[]): number {
  return Math.max(0, ...speedups.filter((value) => value > 0).map((value) => Math.abs(Math.log(value))));
}
