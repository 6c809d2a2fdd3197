import type { LaneSpan } from "../../../contract/lanes.ts";
import { formatDuration } from "../../components/format.ts";
import { OUTCOME_NAME } from "../../components/names.ts";
import { linkTo } from "../../state/location.ts";
import { presence } from "./lane-shapes.ts";

interface SpansProps {
  readonly spans: readonly LaneSpan[];
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly height: number;
}

/** One candidate after another: compiled above, on the device below. */
export function Spans({ spans, from, to, width, height }: SpansProps) {
  const path = (top: number, bottom: number, start: (span: LaneSpan) => number, end: (span: LaneSpan) => number) =>
    spans
      .map((span) => {
        const { left, right } = presence(start(span), end(span), from, to, width);
        return `M${left.toFixed(1)} ${top}H${Math.max(right, left + 0.7).toFixed(1)}V${bottom}H${left.toFixed(1)}Z`;
      })
      .join("");
  const onDevice = (ok: boolean) => spans.filter(({ outcome }) => (outcome === "ok") === ok);
  return (
    <>
      <path
        class="compile"
        d={path(
          2,
          11,
          (span) => span.compile_from,
          (span) => span.ready,
        )}
      />
      {[true, false].map((ok) => (
        <g key={String(ok)} class={ok ? "verify" : "failed"}>
          {onDevice(ok).map((span) => {
            const { left, right } = presence(span.lane_from, span.lane_to, from, to, width);
            const tells = `${span.candidate}: ${OUTCOME_NAME[span.outcome]}, ${formatDuration(span.lane_to - span.lane_from)} on the device`;
            return (
              <a
                key={span.candidate}
                href={linkTo("candidates", { candidate: span.candidate })}
                aria-label={tells}
                tabIndex={-1}
              >
                <rect x={left} y="14" width={Math.max(0.7, right - left)} height={height - 16}>
                  <title>{tells}</title>
                </rect>
              </a>
            );
          })}
        </g>
      ))}
    </>
  );
}
