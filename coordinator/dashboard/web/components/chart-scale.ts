/** Where a chart's numbers lie on it: pure, so that it can be tested without a browser. */
import { scaleLinear, scaleLog } from "d3-scale";

export interface Columns {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

export interface Box {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Axis {
  readonly at: (value: number) => number;
  readonly invert: (pixel: number) => number;
  readonly ticks: readonly number[];
}

/** @param whole only whole numbers mean something */
export function horizontal(values: readonly number[], box: Box, whole = false): Axis {
  const [low, high] = extent(values) ?? [0, 1];
  const scale = scaleLinear()
    .domain([Math.min(0, low), high === Math.min(0, low) ? high + 1 : high])
    .range([box.left, box.width - box.right]);
  const ticks = scale.ticks(Math.max(2, Math.floor(box.width / 110)));
  return axis(scale, whole ? ticks.filter(Number.isInteger) : ticks);
}

/** Room above and below, so that no line lies on the frame. */
const ROOM = 0.06;

export function vertical(values: readonly number[], box: Box, logarithmic: boolean): Axis {
  const [low, high] = extent(values) ?? [0, 1];
  const count = Math.max(2, Math.floor(box.height / 52));
  const range = [box.height - box.bottom, box.top];
  if (logarithmic && low > 0) {
    const room = (high / low) ** ROOM || 1;
    const scale = scaleLog()
      .domain(low === high ? [low / 2, high * 2] : [low / room, high * room])
      .range(range);
    // Few decades have few ticks on a logarithmic scale: those of a linear one serve better.
    const linear = scaleLinear().domain(scale.domain()).ticks(count);
    return axis(scale, high / low < 30 ? linear : scale.ticks(count));
  }
  const room = (high - low || Math.abs(high) || 1) * ROOM;
  const scale = scaleLinear()
    .domain([low - room, high + room])
    .range(range);
  return axis(scale, scale.ticks(count));
}

function axis(scale: { (value: number): number; invert: (pixel: number) => number }, ticks: number[]): Axis {
  return { at: (value) => scale(value), invert: (pixel) => scale.invert(pixel), ticks };
}

function extent(values: readonly number[]): [number, number] | null {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}

const round = (pixel: number): string => pixel.toFixed(1);

/** The value holds until the next one, and to the end of the axis. */
export function stepPath({ x, y }: Columns, across: Axis, up: Axis, end: number): string {
  let path = "";
  for (let i = 0; i < x.length; i++) {
    const [px, py] = [round(across.at(x[i] ?? 0)), round(up.at(y[i] ?? 0))];
    path += i === 0 ? `M${px} ${py}` : `H${px}V${py}`;
  }
  return path === "" ? "" : `${path}H${round(end)}`;
}

/**
 * A path of no length for each point, which a round cap makes a dot: thousands cost no more than one element. A point that
 * is not within the box would be half a dot at its edge.
 */
export function dotsPath({ x, y }: Columns, across: Axis, up: Axis, box: Box): string {
  let path = "";
  for (let i = 0; i < x.length; i++) {
    const height = up.at(y[i] ?? 0);
    if (height >= box.top && height <= box.height - box.bottom)
      path += `M${round(across.at(x[i] ?? 0))} ${round(height)}h0`;
  }
  return path;
}

/** Texts of ticks with the decimals that the one with most needs: `1.10` beside `1.08`, `35` beside `20`. */
export function evenTicks(texts: readonly string[]): string[] {
  const decimals = (text: string) => /\.(\d*?)0*(?!\d)/.exec(text)?.[1]?.length ?? 0;
  const most = Math.max(0, ...texts.map(decimals));
  return texts.map((text) => text.replace(/\.\d+/, (all) => (most === 0 ? "" : all.slice(0, most + 1))));
}

/** The value of a curve of steps at `x`; null before its first. */
export function valueAt({ x, y }: Columns, at: number): number | null {
  let [low, high] = [0, x.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? null : (y[low - 1] ?? null);
}
