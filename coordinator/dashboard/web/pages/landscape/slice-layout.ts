/** Where the parts of a one-dimensional slice stand. */
import type { Objective } from "../../../contract/common.ts";
import type { SliceAnswer } from "../../../contract/landscape.ts";
import { type Scale, valueScale } from "../../draw/scale.ts";

export const SLICE = { height: 260, left: 64, right: 16, top: 12, bottom: 44 };
const BASE = SLICE.height - SLICE.bottom;

export interface SliceLayout {
  readonly xs: readonly number[];
  readonly step: number;
  readonly value: Scale;
  readonly base: number;
}

export function sliceLayout(slice: SliceAnswer, { direction }: Objective, width: number): SliceLayout {
  const count = Math.max(1, slice.x.values.length);
  const step = (width - SLICE.left - SLICE.right) / count;
  const believed = [...(slice.mean[0] ?? []), ...(slice.low[0] ?? []), ...(slice.high[0] ?? [])];
  const values = believed.filter((value) => value !== null);
  const onSlice = slice.measured.filter(({ on_slice }) => on_slice).map(({ value }) => value);
  const minimize = direction === "minimize";
  return {
    xs: slice.x.values.map((_, at) => SLICE.left + (at + 0.5) * step),
    step,
    value: valueScale([...values, ...onSlice], minimize ? SLICE.top : BASE, minimize ? BASE : SLICE.top),
    base: BASE,
  };
}

/** Sideways, so that points of one value do not hide each other; the same for the same point. */
export function sidestep(at: number, step: number): number {
  return (((at * 0.618034) % 1) - 0.5) * Math.min(step * 0.6, 26);
}

/** The share of the way from the worst to the best of what a slice believes, for the color of a cell; 0 to 1. */
export function strengthOf(value: number, all: readonly number[], { direction }: Objective): number {
  const [low, high] = [Math.min(...all), Math.max(...all)];
  if (high === low) return 0.5;
  const share = low > 0 ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return direction === "minimize" ? 1 - share : share;
}
