/** A curve in one line of text. */

const STEPS = "▁▂▃▄▅▆▇█";

/** The last of each group of values, so that at most `width` characters show all of them, from least to most. */
export function sparkline(values: readonly number[], width: number): string {
  const count = Math.min(values.length, Math.max(1, width));
  const shown = Array.from(
    { length: count },
    (_, at) => values[Math.ceil(((at + 1) * values.length) / count) - 1] as number,
  );
  const [least, most] = [Math.min(...shown), Math.max(...shown)];
  const step = (value: number) => (most > least ? Math.round(((value - least) / (most - least)) * 7) : 0);
  return shown.map((value) => STEPS[step(value)]).join("");
}
