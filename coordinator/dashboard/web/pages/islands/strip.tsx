/** One island over its batches. The arrow keys and the pointer choose a batch, whose numbers stand below. */
import type { Objective } from "../../../contract/common.ts";
import type { Island, Migration } from "../../../contract/islands.ts";
import { formatShare } from "../../components/format.ts";
import { formatTick, formatValue } from "../../components/value.tsx";
import { useCursor } from "../../draw/use-cursor.ts";
import { rowAt, STRIP, type StripScales, stripLayout } from "./strip-layout.ts";

interface StripProps {
  readonly island: Island;
  readonly arrivals: readonly Migration[];
  readonly objective: Objective;
  readonly scales: StripScales;
  readonly width: number;
}

export function Strip({ island, arrivals, objective, scales, width }: StripProps) {
  const { strip } = island;
  const layout = stripLayout(island, scales);
  const { row, handlers } = useCursor(strip.batch.length, (x) => rowAt(island, scales, x));
  const last = strip.batch.length - 1;
  const cursor = row === null ? null : scales.batch.of(strip.batch[row] ?? 0);
  const text = readout(island, objective, row ?? last);
  return (
    <div
      class="figure strip"
      role="slider"
      tabIndex={0}
      aria-label={`Batches of island ${island.island}`}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, last)}
      aria-valuenow={Math.max(0, row ?? last)}
      aria-valuetext={text}
      {...handlers}
    >
      <svg width={width} height={STRIP.height} aria-hidden="true">
        {layout.stagnations.map(({ x, width }) => (
          <rect key={x} class="stagnation" x={x} y={STRIP.top} width={width} height={STRIP.fitness} />
        ))}
        {scales.value.ticks.map((tick) => (
          <g key={tick}>
            <line
              class="grid"
              x1={STRIP.left}
              x2={width - STRIP.right}
              y1={scales.value.of(tick)}
              y2={scales.value.of(tick)}
            />
            <text class="tick" x={STRIP.left - 8} y={scales.value.of(tick)} dy="0.32em" text-anchor="end">
              {formatTick(objective, tick)}
            </text>
          </g>
        ))}
        {strip.best_so_far.every((one) => one === null) && (
          <text
            class="tick"
            x={(STRIP.left + width - STRIP.right) / 2}
            y={STRIP.top + STRIP.fitness / 2}
            text-anchor="middle"
          >
            Nothing measured
          </text>
        )}
        <path class="band" d={layout.band} />
        <path class="median" d={layout.median} />
        <path class="best" d={layout.best} />
        <text class="tick" x={STRIP.left - 8} y={layout.diversityTop + 8} text-anchor="end">
          diversity
        </text>
        <text class="tick" x={STRIP.left - 8} y={layout.diversityBottom} text-anchor="end">
          0–{scales.diversity * 100} %
        </text>
        <line
          class="grid"
          x1={STRIP.left}
          x2={width - STRIP.right}
          y1={layout.diversityBottom}
          y2={layout.diversityBottom}
        />
        <path class="diversity" d={layout.diversity} />
        {layout.restarts.map((x) => (
          <line key={x} class="restart" x1={x} x2={x} y1={STRIP.top} y2={layout.diversityBottom} />
        ))}
        {arrivals.map(({ candidate, batch, led }) => {
          const x = scales.batch.of(batch);
          return (
            <path key={candidate} class={led ? "arrival led" : "arrival"} d={`M${x} ${layout.bottom - 1}l-4.5 8h9z`} />
          );
        })}
        {cursor !== null && <line class="cursor" x1={cursor} x2={cursor} y1={STRIP.top} y2={layout.diversityBottom} />}
      </svg>
      <p class="readout note">{text}</p>
    </div>
  );
}

function readout({ strip }: Island, objective: Objective, row: number): string {
  const batch = strip.batch[row];
  if (batch === undefined) return "No batch so far";
  const next = strip.batch[row + 1];
  const name = next !== undefined && next - batch > 1 ? `Batches ${batch}–${next - 1}` : `Batch ${batch}`;
  const told = (what: string, value: number | null | undefined) =>
    value === null || value === undefined ? [] : [`${what} ${formatValue(objective, value)}`];
  const diversity = strip.diversity[row] ?? null;
  const failed = strip.failed[row] ?? 0;
  const parts = [
    ...told("best", strip.best[row]),
    ...told("median", strip.median[row]),
    ...(typeof strip.best[row] === "number" ? [] : ["nothing measured"]),
    ...told("best so far", strip.best_so_far[row]),
    ...(diversity === null ? [] : [`diversity ${formatShare(diversity)}`]),
    ...(failed > 0 ? [`${failed} of ${strip.candidates[row]} failed`] : []),
  ];
  return `${name}: ${parts.join(" · ")}`;
}
