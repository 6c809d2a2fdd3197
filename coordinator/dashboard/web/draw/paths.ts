/** Paths of an SVG from columns of values; a null leaves a gap. */
type Column = readonly (number | null)[];

const round = (value: number): number => Math.round(value * 10) / 10;

export function linePath(xs: readonly number[], ys: Column): string {
  let path = "";
  let gap = true;
  for (const [at, y] of ys.entries()) {
    const x = xs[at];
    if (y === null || x === undefined) {
      gap = true;
      continue;
    }
    path += `${gap ? "M" : "L"}${round(x)} ${round(y)}`;
    gap = false;
  }
  return path;
}

/** Level until the next value: what was the best stays the best. */
export function stepPath(xs: readonly number[], ys: Column, end: number): string {
  let path = "";
  for (const [at, y] of ys.entries()) {
    const x = xs[at];
    if (y === null || x === undefined) continue;
    path += path === "" ? `M${round(x)} ${round(y)}` : `H${round(x)}V${round(y)}`;
  }
  return path === "" ? "" : `${path}H${round(end)}`;
}

/** The area between two lines, in pieces where there are gaps. */
export function bandPath(xs: readonly number[], upper: Column, lower: Column): string {
  let path = "";
  let piece: { x: number; up: number; down: number }[] = [];
  const close = () => {
    const [first] = piece;
    if (first !== undefined) {
      // A single value would be an area without width.
      if (piece.length === 1)
        piece = [
          { ...first, x: first.x - 1 },
          { ...first, x: first.x + 1 },
        ];
      const there = piece.map(({ x, up }) => `${round(x)} ${round(up)}`).join("L");
      const back = piece
        .toReversed()
        .map(({ x, down }) => `${round(x)} ${round(down)}`)
        .join("L");
      path += `M${there}L${back}Z`;
    }
    piece = [];
  };
  for (const [at, x] of xs.entries()) {
    const [up, down] = [upper[at], lower[at]];
    if (up === null || up === undefined || down === null || down === undefined) close();
    else piece.push({ x, up, down });
  }
  close();
  return path;
}
