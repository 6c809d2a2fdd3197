/** Curves over one axis, as SVG: colors follow the theme, and every mark is a link that the keyboard reaches. */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import {
  type Axis,
  type Box,
  type Columns,
  dotsPath,
  evenTicks,
  horizontal,
  stepPath,
  valueAt,
  vertical,
} from "./chart-scale.ts";
import { visibleText } from "./untrusted.ts";

export interface Series extends Columns {
  readonly name: string;
  /** A custom property, such as `--c1`. */
  readonly color: string;
  readonly shape: "step" | "dots";
  readonly dashed?: boolean;
}

interface Mark {
  readonly x: number;
  readonly y: number;
  readonly color: string;
  readonly label: string;
  readonly href: string;
}

export interface Scale {
  readonly title: string;
  readonly format: (value: number) => string;
  readonly logarithmic?: boolean;
  /** It counts: there is nothing between two whole numbers. */
  readonly whole?: boolean;
}

interface ChartProps {
  /** What the chart shows, for those who cannot see it. */
  readonly label: string;
  readonly x: Scale;
  readonly y: Scale;
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
  /** Horizontal lines. */
  readonly levels?: readonly { readonly name: string; readonly value: number }[];
  readonly height?: number;
}

export function useWidth(): [ref: { current: HTMLDivElement | null }, width: number] {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (ref.current === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

export function Chart(props: ChartProps) {
  const [ref, width] = useWidth();
  return (
    <figure class="chart">
      <Legend series={props.series} />
      <div ref={ref} class="chart-body">
        {width > 0 && <Drawing {...props} width={width} />}
      </div>
    </figure>
  );
}

function Legend({ series }: { readonly series: readonly Series[] }) {
  return (
    <figcaption class="legend">
      {series.map(({ name, color, shape, dashed }) => (
        <span key={name}>
          <svg width="18" height="8" aria-hidden="true">
            {shape === "dots" ? (
              <circle cx="9" cy="4" r="2.5" fill={`var(${color})`} />
            ) : (
              <path
                d="M0 4h18"
                stroke={`var(${color})`}
                stroke-width="2"
                stroke-dasharray={dashed ? "4 3" : undefined}
              />
            )}
          </svg>
          {visibleText(name)}
        </span>
      ))}
    </figcaption>
  );
}

function Drawing({
  label,
  x,
  y,
  series,
  marks = [],
  levels = [],
  height = 300,
  width,
}: ChartProps & { readonly width: number }) {
  const clip = useId();
  const [pointer, setPointer] = useState<number | null>(null);
  const narrow = width < 480;
  const box: Box = { width, height, left: narrow ? 48 : 60, right: 12, top: 10, bottom: 38 };
  const steps = series.filter(({ shape }) => shape === "step");
  const framing = steps.length > 0 ? steps : series;
  const across = horizontal([...series.flatMap((one) => [...one.x]), ...marks.map((mark) => mark.x)], box, x.whole);
  const heights = [
    ...framing.flatMap((one) => [...one.y]),
    ...marks.map((mark) => mark.y),
    ...levels.map(({ value }) => value),
  ];
  const up = vertical(heights, box, y.logarithmic ?? false);
  const end = width - box.right;
  const move = ({ offsetX }: PointerEvent) => setPointer(offsetX >= box.left && offsetX <= end ? offsetX : null);
  return (
    <>
      <svg
        width={width}
        height={height}
        role="group"
        aria-label={label}
        onPointerMove={move}
        onPointerLeave={() => setPointer(null)}
      >
        <defs>
          <clipPath id={clip}>
            <rect
              x={box.left}
              y={box.top - 4}
              width={Math.max(0, end - box.left + 6)}
              height={height - box.top - box.bottom + 8}
            />
          </clipPath>
        </defs>
        <Frame across={across} up={up} box={box} x={x} y={y} />
        <g clip-path={`url(#${clip})`}>
          {series.map((one) =>
            one.shape === "dots" ? (
              <path key={one.name} class="dots" d={dotsPath(one, across, up, box)} stroke={`var(${one.color})`} />
            ) : (
              <path
                key={one.name}
                class="step"
                d={stepPath(one, across, up, end)}
                stroke={`var(${one.color})`}
                stroke-dasharray={one.dashed ? "5 4" : undefined}
              />
            ),
          )}
        </g>
        {levels.map(({ name, value }) => (
          <Level key={name} name={name} y={up.at(value)} box={box} />
        ))}
        {pointer !== null && <path class="pointer" d={`M${pointer} ${box.top}V${height - box.bottom}`} />}
        {marks.map((mark) => (
          <a key={`${mark.x} ${mark.href}`} href={mark.href} aria-label={mark.label}>
            <circle class="mark" cx={across.at(mark.x)} cy={up.at(mark.y)} r="4.5" fill={`var(${mark.color})`}>
              <title>{mark.label}</title>
            </circle>
          </a>
        ))}
      </svg>
      {pointer !== null && <Reading pointer={pointer} across={across} series={steps} x={x} y={y} width={width} />}
    </>
  );
}

interface FrameProps {
  readonly across: Axis;
  readonly up: Axis;
  readonly box: Box;
  readonly x: Scale;
  readonly y: Scale;
}

function Frame({ across, up, box, x, y }: FrameProps) {
  const base = box.height - box.bottom;
  const heights = evenTicks(up.ticks.map(y.format));
  const places = evenTicks(across.ticks.map(x.format));
  return (
    <g class="axes">
      {up.ticks.map((tick, index) => (
        <g key={tick}>
          <path class="grid" d={`M${box.left} ${up.at(tick).toFixed(1)}H${box.width - box.right}`} />
          <text x={box.left - 8} y={up.at(tick)} dy="0.32em" text-anchor="end">
            {heights[index]}
          </text>
        </g>
      ))}
      <path class="base" d={`M${box.left} ${base}H${box.width - box.right}`} />
      {across.ticks.map((tick, index) => (
        <text key={tick} x={across.at(tick)} y={base + 16} text-anchor={index === 0 ? "start" : "middle"}>
          {places[index]}
        </text>
      ))}
      <text class="axis-title" x={box.width - box.right} y={box.height - 4} text-anchor="end">
        {x.title}
      </text>
    </g>
  );
}

function Level({ name, y, box }: { readonly name: string; readonly y: number; readonly box: Box }) {
  return (
    <g class="level">
      <path d={`M${box.left} ${y.toFixed(1)}H${box.width - box.right}`} />
      <text x={box.width - box.right} y={y - 5} text-anchor="end">
        {visibleText(name)}
      </text>
    </g>
  );
}

interface ReadingProps {
  readonly pointer: number;
  readonly across: Axis;
  readonly series: readonly Series[];
  readonly x: Scale;
  readonly y: Scale;
  readonly width: number;
}

/** The values under the pointer. */
function Reading({ pointer, across, series, x, y, width }: ReadingProps) {
  const at = across.invert(pointer);
  const style = pointer > width / 2 ? { right: `${width - pointer + 10}px` } : { left: `${pointer + 10}px` };
  return (
    <div class="reading" style={style}>
      <b>
        {x.format(at)} {x.title.toLowerCase()}
      </b>
      {series.map((one) => {
        const value = valueAt(one, at);
        return (
          <span key={one.name}>
            <i class="swatch" style={{ background: `var(${one.color})` }} />
            {visibleText(one.name)} {value === null ? "–" : y.format(value)}
          </span>
        );
      })}
    </div>
  );
}
