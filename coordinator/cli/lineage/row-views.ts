/** Columns and cells of the commands that answer with rows. */

import { cut } from "@kevo/core/text/cut.ts";
import { printableValue } from "@kevo/core/text/printable.ts";
import { type Objective, valueOfFitness } from "@kevo/proto/objective.ts";
import type { Config, ParamValue } from "@kevo/proto/search-space.ts";
import type { Relative } from "../../lineage/queries/descent.ts";
import type { FailureGroup } from "../../lineage/queries/failures.ts";
import type { IslandRow } from "../../lineage/queries/islands.ts";
import type { MigrationRow } from "../../lineage/queries/migrations.ts";
import type { Ranked } from "../../lineage/queries/place.ts";
import type { CallSpend, Share, Spend } from "../../lineage/queries/spend.ts";
import type { RunObjective } from "../../lineage/run-objective.ts";
import {
  formatClaim,
  formatConfig,
  formatInterval,
  formatNumber,
  formatSpeedup,
  formatUsd,
  formatValue,
  oneLine,
  UNKNOWN,
} from "../../progress/format.ts";
import type { Column } from "../../progress/table.ts";

export interface TableView {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

const left = (head: string): Column => ({ head });
const right = (head: string): Column => ({ head, align: "right" });

/** In replay there is no speedup; another objective of the recording comes before the time. */
function worthColumns(objective: RunObjective): Column[] {
  return [
    ...(objective === "time" ? [] : [right(objective === "speedup" ? "speedup" : objective.name)]),
    right("time ms"),
  ];
}

function worthCells(objective: RunObjective, fitness: number | null, timeMs: number | null): string[] {
  if (objective === "time") return [formatNumber(timeMs)];
  const worth = objective === "speedup" ? formatSpeedup(fitness) : formatNumber(valueAt(objective, fitness));
  return [worth, formatNumber(timeMs)];
}

const valueAt = (objective: Objective, fitness: number | null): number | null =>
  fitness === null ? null : valueOfFitness(fitness, objective);

/** @param width columns that the whole table may take; configurations are cut to fit. */
export function topView(ranked: Iterable<Ranked>, objective: RunObjective, width: number): TableView {
  const speedups = objective === "speedup";
  const configs = configColumn(ranked);
  const rows = Array.from(ranked, (r, i) => [
    String(i + 1),
    r.candidate,
    ...(speedups ? [formatClaim(r), formatInterval(r.speedup_low, r.speedup_high)] : []),
    ...(r.objective === undefined ? [] : [formatNumber(r.objective.value)]),
    formatNumber(r.time_ms),
    String(r.rounds),
    r.proposer,
    configs.cell(r.config),
  ]);
  return fitted(
    [
      right("#"),
      left("candidate"),
      ...(speedups ? [right("speedup"), right("interval")] : []),
      ...(typeof objective === "string" ? [] : [right(objective.name)]),
      right("time ms"),
      right("rounds"),
      left("proposer"),
      left(configs.head),
    ],
    rows,
    width,
  );
}

export function descentView(relatives: readonly Relative[], objective: RunObjective, width: number): TableView {
  const configs = configColumn(relatives);
  const rows = relatives.map((r) => [
    String(r.depth),
    r.candidate,
    r.migrant ? `${r.proposer} from island ${r.parents[0]?.split("/")[1] ?? UNKNOWN}` : r.proposer,
    r.outcome ?? "open",
    ...worthCells(objective, r.fitness, r.time_ms),
    configs.cell(r.config),
  ]);
  return fitted(
    [
      right("depth"),
      left("candidate"),
      left("proposer"),
      left("outcome"),
      ...worthColumns(objective),
      left(configs.head),
    ],
    rows,
    width,
  );
}

export function islandsView(islands: readonly IslandRow[], objective: RunObjective): TableView {
  const niches = islands.some((island) => island.niche !== "");
  return {
    columns: [
      right("island"),
      ...(niches ? [left("niche")] : []),
      ...["batches", "evaluated", "ok", "cached"].map(right),
      ...worthColumns(objective),
      left("best"),
      left("proposer"),
      right("migrants in"),
      right("out"),
      right("leases"),
    ],
    rows: islands.map((i) => [
      String(i.island),
      ...(niches ? [i.niche] : []),
      ...[i.batches, i.evaluated, i.ok, i.cached].map(String),
      ...worthCells(objective, i.best_fitness, i.best_time_ms),
      i.best ?? UNKNOWN,
      i.best_proposer ?? UNKNOWN,
      String(i.migrants_in),
      String(i.migrants_out),
      `${i.leases}${i.exhausted ? ", exhausted" : ""}`,
    ]),
  };
}

export function migrationsView(migrations: readonly MigrationRow[], objective: RunObjective): TableView {
  return {
    columns: [
      left("islands"),
      left("origin"),
      left("adopted as"),
      left("outcome"),
      ...worthColumns(objective),
      right("children"),
    ],
    rows: migrations.map((m) => [
      `${m.from_island} to ${m.to_island}`,
      m.origin,
      m.candidate,
      m.outcome ?? "open",
      ...worthCells(objective, m.fitness, m.time_ms),
      String(m.children),
    ]),
  };
}

export function failuresView(failures: readonly FailureGroup[], width: number): TableView {
  return fitted(
    [right("count"), left("outcome"), left("for example"), left("message")],
    failures.map((f) => [String(f.count), f.outcome, f.examples[0] ?? UNKNOWN, oneLine(f.message)]),
    width,
  );
}

export function spendView(spend: Spend): TableView {
  const per = spend.gained_percent === null ? [] : [`${formatNumber(spend.gained_percent)} %`];
  return {
    columns: [left("what"), right("spent"), ...(per.length > 0 ? [right("per per cent gained")] : [])],
    rows: [
      ["language models", formatUsd(spend.usd), ...(per.length > 0 ? [formatUsd(spend.usd_per_percent)] : [])],
      ["devices", seconds(spend.device_s), ...(per.length > 0 ? [seconds(spend.device_s_per_percent)] : [])],
      ["compiling", seconds(spend.compile_s), ...(per.length > 0 ? [UNKNOWN] : [])],
    ],
  };
}

const CALL_COLUMNS = ["calls", "failed", "prompt tokens", "completion tokens", "reasoning tokens", "cost"].map(right);

function callCells(c: CallSpend): string[] {
  return [
    ...[c.calls, c.failed, c.prompt_tokens, c.completion_tokens, c.reasoning_tokens].map(String),
    formatUsd(c.usd),
  ];
}

export function modelsView({ models }: Spend): TableView {
  return {
    columns: [left("proposer"), left("model"), left("prompt"), ...CALL_COLUMNS],
    rows: models.map((m) => [m.proposer, m.model, m.variant ?? UNKNOWN, ...callCells(m)]),
  };
}

/** @param what each row is: `island` or `proposer`. */
export function sharesView(what: string, shares: readonly Share[]): TableView {
  return {
    columns: [left(what), right("evaluations"), right("devices"), ...CALL_COLUMNS],
    rows: shares.map((share) => [share.name, String(share.evaluations), seconds(share.device_s), ...callCells(share)]),
  };
}

/** One row a run. */
export function spendOfRunsView(spends: readonly Spend[]): TableView {
  return {
    columns: [
      left("run"),
      ...["evaluations", "devices", "calls", "cost", "gained", "devices per cent", "cost per cent"].map(right),
    ],
    rows: spends.map((s) => [
      s.run,
      String(s.evaluations),
      seconds(s.device_s),
      String(s.models.reduce((sum, { calls }) => sum + calls, 0)),
      formatUsd(s.usd),
      s.gained_percent === null ? UNKNOWN : `${formatNumber(s.gained_percent)} %`,
      seconds(s.device_s_per_percent),
      formatUsd(s.usd_per_percent),
    ]),
  };
}

export function sqlCell(value: unknown): string {
  return value === null ? "" : typeof value === "string" ? printableValue(value.replaceAll("\t", " ")) : String(value);
}

function seconds(value: number | null): string {
  return value === null ? UNKNOWN : `${formatNumber(Number(value.toFixed(3)))} s`;
}

/** Parameters that are the same in every row say nothing in a list; `show` and `--json` have them all. */
function configColumn(rows: Iterable<{ readonly config: Config }>): { head: string; cell: (config: Config) => string } {
  let first: Config | undefined;
  let names: string[] = [];
  let alike: string[] = [];
  for (const { config } of rows) {
    if (first === undefined) {
      first = config;
      names = Object.keys(first);
      alike = names;
    }
    for (const name of alike) {
      if (formatValue(config[name]) !== formatValue(first[name])) alike = alike.filter((each) => each !== name);
    }
    // Seldom are all rows looked at.
    if (alike.length === 0) break;
  }
  if (alike.length === 0 || alike.length === names.length) return { head: "configuration", cell: formatConfig };
  const differing = names.filter((name) => !alike.includes(name));
  return {
    head: "differing parameters",
    cell: (config) => formatConfig(Object.fromEntries(differing.map((name) => [name, config[name] as ParamValue]))),
  };
}

/** The last column takes the rest of `width`, at least 20. */
function fitted(columns: readonly Column[], rows: readonly string[][], width: number): TableView {
  if (!Number.isFinite(width)) return { columns, rows };
  const widths = columns.slice(0, -1).map(({ head }) => head.length);
  for (const row of rows) {
    for (const [at, taken] of widths.entries()) widths[at] = Math.max(taken, row[at]?.length ?? 0);
  }
  const room = Math.max(20, width - widths.reduce((sum, w) => sum + w + 2, 0));
  return { columns, rows: rows.map((row) => [...row.slice(0, -1), cut(row.at(-1) ?? "", room)]) };
}
