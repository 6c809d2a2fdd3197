/** The best so far over the dollars that models cost. */

import { scaleLinear } from "d3-scale";
import type { Objective } from "../../../contract/common.ts";
import type { ModelsAnswer } from "../../../contract/models.ts";
import { stepPath } from "../../draw/paths.ts";
import { type Scale, valueScale } from "../../draw/scale.ts";

export const SPENT = { height: 296, left: 64, right: 16, top: 10, bottom: 40 };
const BASE = SPENT.height - SPENT.bottom;

export interface SpentLayout {
  readonly xs: readonly number[];
  readonly path: string;
  readonly value: Scale;
  readonly dollars: Scale & { readonly format: (tick: number) => string };
  readonly base: number;
}

export function spentLayout(
  { usd, value }: ModelsAnswer["curve"],
  { direction }: Objective,
  width: number,
): SpentLayout {
  const minimize = direction === "minimize";
  const scale = valueScale(
    value.filter((one) => one !== null),
    minimize ? SPENT.top : BASE,
    minimize ? BASE : SPENT.top,
  );
  const most = Math.max(...usd, 0) || 1;
  const count = Math.max(2, Math.floor(width / 110));
  const dollars = scaleLinear([0, most], [SPENT.left, width - SPENT.right]);
  const xs = usd.map((one) => dollars(one));
  const ys = value.map((one) => (one === null ? null : scale.of(one)));
  return {
    xs,
    path: stepPath(xs, ys, width - SPENT.right),
    value: scale,
    dollars: { of: (one) => dollars(one), ticks: dollars.ticks(count), format: dollars.tickFormat(count, "f") },
    base: BASE,
  };
}
