/** Parallel coordinates: each measured candidate is a line through the values of its parameters to what it reached. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { LandscapeAnswer } from "../../../contract/landscape.ts";
import { formatCount } from "../../components/format.ts";
import { visibleText } from "../../components/untrusted.ts";
import { formatTick } from "../../components/value.tsx";
import { valueScale } from "../../draw/scale.ts";
import { useWidth } from "../../draw/use-width.ts";
import { colorOf, paints } from "../../state/theme.ts";
import { type Axis, axesOf, type Filters, heightsOf, PARALLEL, passes, valueY } from "./parallel-layout.ts";

/** More values than these are thinned on an axis. */
const MAX_LABELS = 10;

export function Parallel({ answer, order }: { readonly answer: LandscapeAnswer; readonly order: readonly string[] }) {
  const { about, parameters } = answer;
  const { objective } = about;
  const minimize = objective.direction === "minimize";
  const [element, available] = useWidth<HTMLDivElement>(1000);
  const [filters, setFilters] = useState<Filters>(new Map());
  const width = Math.max(available, PARALLEL.left + PARALLEL.right + order.length * PARALLEL.narrowest);
  const canvas = useRef<HTMLCanvasElement>(null);
  const lines = useMemo(
    () => answer.lines.toSorted((a, b) => (minimize ? b.value - a.value : a.value - b.value)),
    [answer.lines, minimize],
  );
  const { axes, valueX } = useMemo(() => axesOf(parameters, order, width), [parameters, order.join("\n"), width]);
  const scale = useMemo(() => {
    const [low, high] = [PARALLEL.height - PARALLEL.bottom, PARALLEL.top];
    return valueScale(
      lines.map(({ value }) => value),
      minimize ? high : low,
      minimize ? low : high,
      5,
    );
  }, [lines, minimize]);
  const shown = useMemo(() => lines.map((line) => passes(line, axes, filters)), [lines, axes, filters]);
  const painted = paints.value;
  useEffect(() => {
    if (canvas.current !== null)
      draw(canvas.current, width, heightsOf(lines, axes, scale), [...axes.map(({ x }) => x), valueX], shown);
  }, [lines, axes, scale, shown, width, painted]);
  const toggle = (parameter: string, value: number) =>
    setFilters((before) => {
      const own = new Set(before.get(parameter));
      if (!own.delete(value)) own.add(value);
      const after = new Map(before);
      if (own.size === 0) after.delete(parameter);
      else after.set(parameter, own);
      return after;
    });
  const count = shown.filter(Boolean).length;
  return (
    <>
      <p class="note">
        {formatCount(count)} of {formatCount(answer.measured)} measured candidates{filters.size > 0 && " match"}; the
        better, the stronger the line. Choose values to keep the lines through them.{" "}
        {filters.size > 0 && (
          <button type="button" class="quiet link" onClick={() => setFilters(new Map())}>
            Keep all
          </button>
        )}
      </p>
      <div class="scroll-x" ref={element}>
        <div
          class="parallel"
          role="group"
          aria-label="Parallel coordinates"
          style={{ width: `${width}px`, height: `${PARALLEL.height}px` }}
        >
          <canvas ref={canvas} />
          {axes.map((axis) => (
            <AxisView
              key={axis.parameter}
              axis={axis}
              chosen={filters.get(axis.parameter)}
              onToggle={(value) => toggle(axis.parameter, value)}
            />
          ))}
          <span class="axis-name" style={{ left: `${valueX}px` }}>
            {objective.name}
          </span>
          {scale.ticks.map((tick) => (
            <span key={tick} class="value-tick" style={{ left: `${valueX + 8}px`, top: `${scale.of(tick)}px` }}>
              {formatTick(objective, tick)}
            </span>
          ))}
        </div>
      </div>
    </>
  );
}

interface AxisProps {
  readonly axis: Axis;
  readonly chosen: ReadonlySet<number> | undefined;
  readonly onToggle: (value: number) => void;
}

function AxisView({ axis, chosen, onToggle }: AxisProps) {
  const step = Math.ceil(axis.values.length / MAX_LABELS);
  const name = visibleText(axis.parameter);
  return (
    <>
      <span class="axis-name" title={name} style={{ left: `${axis.x}px` }}>
        {name}
      </span>
      {axis.values.map((value, at) =>
        at % step === 0 ? (
          <button
            key={value}
            type="button"
            class="axis-value"
            aria-pressed={chosen?.has(at) ?? false}
            aria-label={`${name} = ${visibleText(value)}`}
            title={visibleText(value)}
            style={{ left: `${axis.x}px`, top: `${valueY(axis, at)}px` }}
            onClick={() => onToggle(at)}
          >
            {visibleText(value)}
          </button>
        ) : null,
      )}
    </>
  );
}

function draw(
  canvas: HTMLCanvasElement,
  width: number,
  heights: readonly Float32Array[],
  xs: readonly number[],
  shown: readonly boolean[],
): void {
  const density = devicePixelRatio;
  canvas.width = width * density;
  canvas.height = PARALLEL.height * density;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${PARALLEL.height}px`;
  const pen = canvas.getContext("2d");
  if (pen === null) return;
  const [plain, strong, axis] = [colorOf("--line-strong"), colorOf("--c1"), colorOf("--line")];
  pen.scale(density, density);
  pen.strokeStyle = axis;
  for (const x of xs) {
    pen.beginPath();
    pen.moveTo(x, PARALLEL.top);
    pen.lineTo(x, PARALLEL.height - PARALLEL.bottom);
    pen.stroke();
  }
  const count = shown.length;
  const few = Math.min(1, 240 / Math.max(1, count));
  const line = (row: number) => {
    pen.beginPath();
    let gap = true;
    let [lastX, lastY] = [0, 0];
    for (const [at, x] of xs.entries()) {
      const y = heights[at]?.[row] ?? Number.NaN;
      if (Number.isNaN(y)) {
        gap = true;
        continue;
      }
      const half = (lastX + x) / 2;
      if (gap) pen.moveTo(x, y);
      else pen.bezierCurveTo(half, lastY, half, y, x, y);
      [gap, lastX, lastY] = [false, x, y];
    }
    pen.stroke();
  };
  for (let row = 0; row < count; row++) {
    // The best tenth stands out; what the filters drop is hardly seen.
    const rank = (row + 1) / count;
    const kept = shown[row] === true;
    pen.strokeStyle = kept && rank > 0.6 ? strong : plain;
    pen.globalAlpha = kept ? (0.12 + 0.68 * rank ** 6) * (0.35 + 0.65 * few) : 0.04;
    pen.lineWidth = kept && rank > 0.98 ? 2 : 1;
    line(row);
  }
  pen.globalAlpha = 1;
}
