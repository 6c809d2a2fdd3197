/** What the surrogate believes along one parameter, with its uncertainty, and the measured candidates on top. */
import type { Objective } from "../../../contract/common.ts";
import type { SliceAnswer } from "../../../contract/landscape.ts";
import { visibleText } from "../../components/untrusted.ts";
import { formatTick, formatValue } from "../../components/value.tsx";
import { bandPath, linePath } from "../../draw/paths.ts";
import { useCursor } from "../../draw/use-cursor.ts";
import { useWidth } from "../../draw/use-width.ts";
import { SLICE, sidestep, sliceLayout } from "./slice-layout.ts";

interface SliceLineProps {
  readonly slice: SliceAnswer;
  readonly objective: Objective;
  /** Whether the values have an order, so that a line between them means something. */
  readonly ordered: boolean;
}

export function SliceLine({ slice, objective, ordered }: SliceLineProps) {
  const [element, width] = useWidth<HTMLDivElement>(500);
  const { xs, step, value, base } = sliceLayout(slice, objective, width);
  const { values } = slice.x;
  const [mean = [], low = [], high = []] = [slice.mean[0], slice.low[0], slice.high[0]];
  const y = (one: number | null | undefined) => (one === null || one === undefined ? null : value.of(one));
  const nearest = (x: number) => Math.max(0, Math.min(values.length - 1, Math.floor((x - SLICE.left) / step)));
  const { row, handlers } = useCursor(values.length, nearest);
  const now = Math.max(0, row ?? values.indexOf(currentOf(slice)));
  const every = Math.max(1, Math.ceil(34 / step));
  const text = describe(slice, objective, now);
  return (
    <div ref={element} class="slice-line">
      <div
        class="figure"
        role="slider"
        tabIndex={0}
        aria-label={`Values of ${visibleText(slice.x.parameter)}`}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, values.length - 1)}
        aria-valuenow={now}
        aria-valuetext={text}
        {...handlers}
      >
        <svg width={width} height={SLICE.height} aria-hidden="true">
          {value.ticks.map((tick) => (
            <g key={tick}>
              <line class="grid" x1={SLICE.left} x2={width - SLICE.right} y1={value.of(tick)} y2={value.of(tick)} />
              <text class="tick" x={SLICE.left - 8} y={value.of(tick)} dy="0.32em" text-anchor="end">
                {formatTick(objective, tick)}
              </text>
            </g>
          ))}
          {row !== null && (
            <rect class="here" x={(xs[row] ?? 0) - step / 2} y={SLICE.top} width={step} height={base - SLICE.top} />
          )}
          {ordered && <path class="belief" d={bandPath(xs, high.map(y), low.map(y))} />}
          {ordered && <path class="mean" d={linePath(xs, mean.map(y))} />}
          {xs.map((x, at) => {
            const [middle, down, up] = [y(mean[at]), y(low[at]), y(high[at])];
            return middle === null || down === null || up === null ? (
              <text key={values[at]} class="tick" x={x} y={base - 8} text-anchor="middle">
                ∅
              </text>
            ) : (
              <g key={values[at]} class="mean">
                {!ordered && <path d={`M${x} ${down}V${up}M${x - 5} ${down}H${x + 5}M${x - 5} ${up}H${x + 5}`} />}
                {!ordered && <path d={`M${x - 8} ${middle}H${x + 8}`} />}
              </g>
            );
          })}
          {slice.measured.map(({ candidate, x, value: measured, on_slice }, at) => {
            const place = y(measured);
            // Others than those of the slice differ in more parameters: outside of the drawing they say nothing.
            if (place === null || place < SLICE.top || place > base) return null;
            return (
              <circle
                key={candidate}
                class={on_slice ? "point on-slice" : "point"}
                cx={(xs[x] ?? 0) + sidestep(at, step)}
                cy={place}
                r={on_slice ? 4 : 2.5}
              />
            );
          })}
          {xs.map((x, at) =>
            at % every === 0 ? (
              <text key={values[at]} class="tick" x={x} y={base + 18} text-anchor="middle">
                {shortened(visibleText(values[at] ?? ""), (step * every) / 7)}
              </text>
            ) : null,
          )}
          <text class="axis-title" x={(SLICE.left + width - SLICE.right) / 2} y={SLICE.height - 6} text-anchor="middle">
            {visibleText(slice.x.parameter)}
          </text>
        </svg>
      </div>
      <p class="note readout">{text}</p>
    </div>
  );
}

function currentOf({ base, x }: SliceAnswer): string {
  const value = base.config[x.parameter];
  return Array.isArray(value) ? JSON.stringify(value) : String(value);
}

function describe({ x, mean, low, high, measured }: SliceAnswer, objective: Objective, at: number): string {
  const [value, down, up] = [mean[0]?.[at], low[0]?.[at], high[0]?.[at]];
  const name = `${visibleText(x.parameter)} = ${visibleText(x.values[at] ?? "")}`;
  if (value === null || value === undefined) return `${name}: outside of the search space`;
  const own = measured.filter((one) => one.on_slice && one.x === at).length;
  const times =
    own === 0 ? "not measured on this slice" : `measured ${own} ${own === 1 ? "time" : "times"} on this slice`;
  return `${name}: ${formatValue(objective, value)} expected, 95 % between ${formatValue(objective, down)} and ${formatValue(objective, up)}; ${times}`;
}

const shortened = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, Math.max(1, Math.floor(most) - 1))}…`;
