/** Scales of values, with ticks that a person can read. */
import { scaleLinear, scaleLog } from "d3-scale";

export interface Scale {
  readonly of: (value: number) => number;
  readonly ticks: readonly number[];
}

/** A range wider than this, of positive values, is drawn by its logarithms. */
const LOGARITHMIC = 8;

/** Values onto pixels; `from` and `to` are where the lowest and the highest value stand. */
export function valueScale(values: readonly number[], from: number, to: number, count = 4): Scale {
  const finite = values.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  if (finite.length === 0) return { of: () => (from + to) / 2, ticks: [] };
  if (low > 0 && high / low > LOGARITHMIC) {
    const scale = scaleLog([low, high], [from, to]);
    return { of: (value) => scale(Math.max(value, low)), ticks: thinned(scale.ticks(count), count * 2) };
  }
  const room = high === low ? Math.abs(high) * 0.1 || 1 : (high - low) * 0.06;
  const scale = scaleLinear([low - room, high + room], [from, to]);
  return { of: (value) => scale(value), ticks: scale.ticks(count) };
}

/** Whole numbers onto pixels, such as batches. */
export function countScale(last: number, from: number, to: number, count = 6): Scale {
  const scale = scaleLinear([0, Math.max(1, last)], [from, to]);
  return {
    of: (value) => scale(value),
    ticks: scale.ticks(Math.min(count, Math.max(1, last))).filter(Number.isInteger),
  };
}

function thinned(ticks: readonly number[], most: number): number[] {
  const step = Math.ceil(ticks.length / most);
  return ticks.filter((_, at) => at % step === 0);
}

/** The value below which this share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
