/** The best so far over the dollars that models cost: what the money bought. */
import type { Objective } from "../../../contract/common.ts";
import type { ModelsAnswer } from "../../../contract/models.ts";
import { formatCount, formatDollars } from "../../components/format.ts";
import { formatTick, formatValue } from "../../components/value.tsx";
import { useCursor } from "../../draw/use-cursor.ts";
import { useWidth } from "../../draw/use-width.ts";
import { SPENT, spentLayout } from "./spent-layout.ts";

export function Spent({ curve, objective }: { readonly curve: ModelsAnswer["curve"]; readonly objective: Objective }) {
  const [element, width] = useWidth<HTMLDivElement>(600);
  const { xs, path, value, dollars, base } = spentLayout(curve, objective, width);
  const { row, handlers } = useCursor(xs.length, (x) => nearest(xs, x));
  const now = row ?? xs.length - 1;
  const text =
    xs.length === 0
      ? "No call so far"
      : `After ${formatCount(curve.calls[now])} calls and ${formatDollars(curve.usd[now])}: best so far ${formatValue(objective, curve.value[now])}`;
  return (
    <div ref={element}>
      <div
        class="figure spent"
        role="slider"
        tabIndex={0}
        aria-label="Calls"
        aria-valuemin={0}
        aria-valuemax={Math.max(0, xs.length - 1)}
        aria-valuenow={Math.max(0, now)}
        aria-valuetext={text}
        {...handlers}
      >
        <svg width={width} height={SPENT.height} aria-hidden="true">
          {value.ticks.map((tick) => (
            <g key={tick}>
              <line class="grid" x1={SPENT.left} x2={width - SPENT.right} y1={value.of(tick)} y2={value.of(tick)} />
              <text class="tick" x={SPENT.left - 8} y={value.of(tick)} dy="0.32em" text-anchor="end">
                {formatTick(objective, tick)}
              </text>
            </g>
          ))}
          {dollars.ticks.map((tick) => (
            <text key={tick} class="tick" x={dollars.of(tick)} y={base + 16} text-anchor="middle">
              ${dollars.format(tick)}
            </text>
          ))}
          <text class="tick" x={(SPENT.left + width - SPENT.right) / 2} y={SPENT.height - 6} text-anchor="middle">
            Spent on models
          </text>
          <path class="line" d={path} />
          {xs.map((x, at) => (
            <line key={at} class="call" x1={x} x2={x} y1={base} y2={base - 5} />
          ))}
          {row !== null && <line class="cursor" x1={xs[row]} x2={xs[row]} y1={SPENT.top} y2={base} />}
        </svg>
      </div>
      <p class="note readout">{text}</p>
    </div>
  );
}

function nearest(xs: readonly number[], x: number): number {
  let best = 0;
  for (const [at, one] of xs.entries()) if (Math.abs(one - x) < Math.abs((xs[best] ?? 0) - x)) best = at;
  return best;
}
