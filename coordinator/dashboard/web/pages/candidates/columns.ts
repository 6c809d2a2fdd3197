/** The columns of the table, with how each is sorted. */
import type { CandidateRow } from "../../../contract/candidates.ts";
import type { Objective } from "../../../contract/common.ts";
import { formatCount, formatDuration, formatInterval, formatTime, MISSING } from "../../components/format.ts";
import { OUTCOME_NAME, proposerName } from "../../components/names.ts";
import { formatValue, objectiveName } from "../../components/value.tsx";

export interface Column {
  readonly title: string;
  /** As the API names it. */
  readonly sort: string;
  /** Pixels. */
  readonly width: number;
  readonly right: boolean;
  readonly text: (row: CandidateRow) => string;
  readonly foreign: boolean;
}

const column = (
  title: string,
  sort: string,
  width: number,
  text: (row: CandidateRow) => string,
  right = false,
): Column => ({
  title,
  sort,
  width,
  right,
  text,
  foreign: false,
});

export function columnsOf(parameters: readonly string[], objective: Objective | null): Column[] {
  const value = ({ measured }: CandidateRow) =>
    measured === null || objective === null
      ? MISSING
      : `${formatValue(objective, measured.value)} ${formatInterval(measured.low, measured.high)}`.trim();
  const isTime = objective?.name === "time";
  const title = objective === null ? "Speedup" : objectiveName(objective);
  return [
    column("Status", "status", 192, statusOf),
    column(title, "value", isTime ? 108 : 168, value, true),
    ...(isTime ? [] : [column("Time", "time_ms", 92, ({ time_ms }) => formatTime(time_ms), true)]),
    column("Evaluation", "evaluation", 104, ({ evaluation }) => formatCount(evaluation), true),
    column("Island", "island", 68, ({ island }) => String(island), true),
    column("Batch", "batch", 68, ({ batch }) => formatCount(batch), true),
    column("Proposer", "proposer", 178, ({ proposer }) => proposerName(proposer)),
    column("On device", "lane_ms", 108, ({ lane_ms }) => formatDuration(lane_ms), true),
    ...parameters.map(
      (name, at): Column => ({
        title: name,
        sort: `param:${name}`,
        width: Math.min(240, Math.max(76, name.length * 8.6 + 34)),
        right: false,
        text: ({ config }) => formatParameter(config[at]),
        foreign: true,
      }),
    ),
  ];
}

const statusOf = ({ status, cached, rounds }: CandidateRow): string =>
  OUTCOME_NAME[status] + (cached ? " · cached" : rounds > 0 ? " · confirmed" : "");

/** As many columns as a narrow row shows beside each other; what the others say stands below. */
export const IN_FIRST_LINE = 2;

/** What a narrow row says below its status and value; the parameters are in the candidate. */
export function secondLine(row: CandidateRow): string {
  return [
    proposerName(row.proposer),
    `island ${row.island}`,
    `batch ${formatCount(row.batch)}`,
    ...(row.evaluation === null ? [] : [`evaluation ${formatCount(row.evaluation)}`]),
  ].join(" · ");
}

export function formatParameter(value: unknown): string {
  if (value === null || value === undefined) return MISSING;
  return typeof value === "string" ? value : JSON.stringify(value);
}

export interface Sorting {
  readonly sort: string;
  readonly order: string;
}

/** The order after a press on a column's head: its natural one first, then the other. */
export function nextSorting({ sort, order }: Sorting, pressed: string): Sorting {
  const natural = pressed === "value" ? "best" : "up";
  if (sort !== pressed) return { sort: pressed, order: natural };
  const OTHER: Readonly<Record<string, string>> = { best: "worst", worst: "best", up: "down", down: "up" };
  return { sort, order: OTHER[order] ?? natural };
}
