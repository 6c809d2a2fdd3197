/** What was measured, with its unit and its interval. */
import type { Measured, Objective } from "../../contract/common.ts";
import { formatInterval, formatNumber, formatSpeedup, formatTime, MISSING } from "./format.ts";

export function formatValue(objective: Objective, value: number | null | undefined): string {
  if (value === null || value === undefined) return MISSING;
  if (objective.name === "speedup") return formatSpeedup(value);
  if (objective.name === "time" && (objective.unit ?? "ms") === "ms") return formatTime(value);
  return objective.unit === null ? formatNumber(value) : `${formatNumber(value)} ${objective.unit}`;
}

/** On an axis, where digits that are all zero say nothing. */
export const formatTick = (objective: Objective, value: number): string =>
  formatValue(objective, value)
    .replace(/(\.\d*?)0+(?=\D|$)/, "$1")
    .replace(/\.(?=\D|$)/, "");

/** The title of an axis, and of a column. */
export function objectiveTitle(objective: Objective): string {
  if (objective.name === "speedup") {
    return objective.against === null ? "Speedup" : `Speedup over ${objective.against}`;
  }
  return `${objectiveName(objective)} (${objective.direction === "minimize" ? "less" : "more"} is better)`;
}

/** For the head of a column. */
export function objectiveName({ name }: Objective): string {
  return name === "time" ? "Time" : name === "speedup" ? "Speedup" : name;
}

interface ValueProps {
  readonly objective: Objective;
  readonly measured: Measured | null;
}

export function Value({ objective, measured }: ValueProps) {
  if (measured === null) return <span class="number">{MISSING}</span>;
  const interval = formatInterval(measured.low, measured.high);
  return (
    <span class="value">
      <span class="number">{formatValue(objective, measured.value)}</span>
      {interval !== "" && (
        <>
          {" "}
          <span class="interval" title="95 % confidence interval">
            {interval}
          </span>
        </>
      )}
    </span>
  );
}

/** How much of a limit is used. */
export function Meter({
  used,
  limit,
  label,
}: {
  readonly used: number;
  readonly limit: number | null;
  readonly label: string;
}) {
  if (limit === null || limit <= 0) return null;
  const share = Math.min(1, used / limit);
  return (
    <svg class="meter" width="100%" height="4" role="img" aria-label={`${label}: ${Math.round(share * 100)} % used`}>
      <rect width="100%" height="4" rx="2" fill="var(--line)" />
      <rect width={`${share * 100}%`} height="4" rx="2" fill="var(--accent)" />
    </svg>
  );
}
