/** Fewer points of a long series. */

/** Indices of at most `most` of `length` points, evenly spaced, the first and the last among them. */
export function evenly(length: number, most: number): number[] {
  if (length <= most) return Array.from({ length }, (_, at) => at);
  return Array.from({ length: most }, (_, at) => Math.round((at * (length - 1)) / (most - 1)));
}
