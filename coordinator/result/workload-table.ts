/** How a winner does on each workload, for people: the one place that says which columns a report has. */
import type { WorkloadTimes } from "../lineage/queries/workloads.ts";
import { formatClaim, formatInterval, formatNumber, formatRoofline, UNKNOWN } from "../progress/format.ts";
import { renderKnown, type TableOptions } from "../progress/table.ts";

interface Columns {
  /** The names timed beside the winner that get their own column. */
  readonly others?: readonly string[];
  /** Each workload has its own winner, so that it is named. */
  readonly hasCandidates?: boolean;
}

/** Columns in which nothing is known are left out. */
export function workloadTable(
  workloads: readonly WorkloadTimes[],
  { others = [], hasCandidates = false }: Columns,
  options: TableOptions,
): string {
  const number = (head: string, cell: (times: WorkloadTimes) => string) => ({ head, cell, align: "right" as const });
  const columns = [
    { head: "workload", cell: ({ workload }: WorkloadTimes) => workload },
    number("time ms", ({ time_ms }) => formatNumber(time_ms)),
    number("baseline ms", ({ baseline_ms }) => formatNumber(baseline_ms)),
    number("speedup", formatClaim),
    number("interval", ({ speedup_low, speedup_high }) => formatInterval(speedup_low, speedup_high)),
    number("GFLOP/s", ({ gflops }) => formatNumber(gflops)),
    number("GB/s", ({ gbytes_per_s }) => formatNumber(gbytes_per_s)),
    number("roofline", ({ roofline }) => formatRoofline(roofline)),
    ...others.map((name) => number(`${name} ms`, (times) => formatNumber(times.others[name] ?? null))),
    ...(hasCandidates ? [{ head: "candidate", cell: ({ candidate }: WorkloadTimes) => candidate }] : []),
  ];
  const rows = workloads.map((times) => columns.map(({ cell }) => cell(times)));
  return renderKnown(columns, rows, UNKNOWN, options);
}
