/** The report that a person reads when a run has ended. */
import { shellWord } from "@kevo/core/program/shell-word.ts";
import { cut } from "@kevo/core/text/cut.ts";
import { counted } from "@kevo/core/text/plural.ts";
import { isWithoutCode } from "@kevo/proto/backend-name.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { commandFor } from "../lineage/command.ts";
import { comparisonOf } from "../lineage/comparison.ts";
import type { CellTable } from "../lineage/queries/cells.ts";
import type { WorkloadTimes } from "../lineage/queries/workloads.ts";
import {
  formatConfig,
  formatDirection,
  formatDuration,
  formatInterval,
  formatMetric,
  formatMs,
  formatNumber,
  formatSpeedup,
  formatUsd,
  formatValue,
  oneLine,
} from "../progress/format.ts";
import { renderTable, type TableOptions } from "../progress/table.ts";
import { cellSummary, cellTable, leftOutSentences, versionSentences } from "./cell-table.ts";
import { deviceTable } from "./device-table.ts";
import { modelsText } from "./models-text.ts";
import { quietnessText } from "./quietness-text.ts";
import type { RunResult } from "./result.ts";
import { workloadTable } from "./workload-table.ts";

export interface ReportDetails {
  /** Of the kernel's definition; null in replay and where it is not known. */
  readonly defaultConfig: Config | null;
  /** Names of the kernel's baselines; anything else timed beside the winner gets its own column. */
  readonly baselines: readonly string[];
  /** `winnersTimes` of the run. */
  readonly workloads: readonly WorkloadTimes[];
  /** `cellsOf` the run: where each workload has its own winner, no single winner is named. */
  readonly cells: CellTable | null;
  readonly colours?: boolean;
}

const NUMBER = { align: "right" } as const;
const INDENT = { indent: 2 };

/** @returns several paragraphs between a blank line and a line end. */
export function finalReport(result: RunResult, details: ReportDetails): string {
  const options = { ...INDENT, colours: details.colours ?? false };
  const paragraphs = [
    headline(result),
    ...(result.repeats === undefined ? [] : [repeatedText(result.repeats)]),
    ...found(result, details, options),
    ...paretoTable(result, options),
    ...failedFinalists(result),
    ...(result.quietness ? [quietnessText(result.quietness)] : []),
    ...(result.llm === undefined ? [] : [modelsText(result.llm, result)]),
    `Stored in ${result.db}${result.spend_usd > 0 ? `, spent ${formatUsd(result.spend_usd)} on language models` : ""}.`,
    nextSteps(result),
  ];
  return `\n${paragraphs.join("\n\n")}\n`;
}

function repeatedText({ run, candidates, same }: NonNullable<RunResult["repeats"]>): string {
  return `It repeats the run ${run}, with the answers and evaluations recorded in the lineage: ${same} of ${counted(candidates, "candidate")} ${candidates === 1 ? "is" : "are"} equal.`;
}

function found(result: RunResult, details: ReportDetails, options: TableOptions): string[] {
  const { best } = result;
  const { cells, defaultConfig, workloads } = details;
  if (best === null) return ["No candidate was measured, so there is no best configuration."];
  if (cells !== null) {
    const once = onceMeasured(cells.cells.map((cell) => ({ ...cell, name: cell.workload })));
    const summary = [cellSummary(cells), ...once, ...versionSentences(cells), ...leftOutSentences(cells)].join("\n");
    return [summary, cellTable(cells, defaultConfig, options)];
  }
  if (Object.keys(result.best_by_device).length > 0) {
    const once = onceMeasured(Object.entries(result.best_by_device).map(([name, found]) => ({ ...found, name })));
    return [...once, deviceTable(result.best_by_device, defaultConfig, options)];
  }
  const times = workloads.length === 0 ? [] : [workloadTable(workloads, { others: othersOf(details) }, options)];
  return [winner(best, workloads, result), configTable(best.config, defaultConfig, options), ...times];
}

const ENDED: Record<RunResult["status"], string> = {
  running: "was still running",
  completed: "completed",
  stopped: "was stopped",
  interrupted: "was interrupted",
  failed: "failed",
};

function headline({ run, kernel, backend, status, evaluations, elapsed_s, islands }: RunResult): string {
  const failed = evaluations.total - evaluations.ok;
  const counts = [`${evaluations.ok} ok`, `${failed} failed`, `${evaluations.cached} repeated (cached)`];
  return [
    `Run ${run} of ${kernel} on ${backend} ${ENDED[status]} after ${formatDuration(elapsed_s)}.`,
    `${counted(evaluations.total, "evaluation")} on ${counted(islands, "island")}: ${counts.join(", ")}.`,
  ].join("\n");
}

function winner(
  best: NonNullable<RunResult["best"]>,
  workloads: readonly WorkloadTimes[],
  { ended_by: endedBy, failed_finalists: failed }: RunResult,
): string {
  const where = `${best.candidate}, proposed by ${best.proposer} on island ${best.island} in batch ${best.batch}`;
  if (best.objective !== undefined) {
    return `Best: ${formatMetric(best.objective)}, ${formatDirection(best.objective)} (${where})`;
  }
  if (best.speedup === null) return `Best: ${formatMs(best.time_ms)} (${where})`;
  if (best.rounds === 0 && endedBy === "machine_busy")
    return `No best yet: the machine was too busy to measure the finalists. The search prefers ${where}.`;
  const lines = [...claim(best, workloads), `      (${where})`];
  if (best.rounds === 0) {
    const why = failed.length > 0 ? "every finalist failed when measured again" : "no finalist was measured again";
    lines.push(`      from a single evaluation, which is partly luck: ${why}`);
  }
  return lines.join("\n");
}

/** Ends of an interval that are further apart, as a ratio, leave the speedup itself open. */
const WIDE = 1.5;

/** The claim that the interval allows. */
function claim(best: NonNullable<RunResult["best"]>, workloads: readonly WorkloadTimes[]): string[] {
  const interval = `confidence interval ${formatInterval(best.speedup_low, best.speedup_high)}`;
  const speed = `${formatSpeedup(best.speedup)} the speed of the fastest baseline`;
  const comparison = comparisonOf(best);
  if (comparison === "faster") {
    const [low, high] = [best.speedup_low ?? 1, best.speedup_high ?? 1];
    const wide = `      The interval is wide, so how much faster is uncertain: at least ${formatSpeedup(low)}.`;
    return [`Best: ${speed}, ${interval}`, ...(high / low > WIDE ? [wide] : [])];
  }
  const baselines = new Map(workloads.map(({ workload, baseline }) => [workload, baseline]));
  const names = new Set(baselines.values());
  const [only] = names;
  const differ = names.size > 1;
  const what = differ ? "the fastest baselines" : "it";
  const measured =
    comparison === "slower"
      ? `      The best candidate reached ${differ ? speed.replace(/baseline$/, "baselines") : speed}, ${interval}`
      : `      The best candidate has no measurable difference from ${what}: ${interval}`;
  if (!differ) {
    const fastest = only == null ? "the fastest baseline" : `the baseline "${only}"`;
    return [
      `Best: ${fastest}. No candidate was measurably faster, so it is the answer, and an export uses it.`,
      measured,
    ];
  }
  const each = [...baselines].map(([workload, baseline]) => `"${baseline}" on ${workload}`);
  return [
    "Best: on each workload its fastest baseline. No candidate was measurably faster over all of them.",
    `      Fastest: ${each.join(", ")}`,
    measured,
    "      An export uses, on each workload, the candidate above if it is measurably faster there, else that baseline.",
  ];
}

/** This many of a kind are named; the rest are counted. */
const NAMED = 5;

/** Niches whose best has nothing but one evaluation behind it. */
function onceMeasured(niches: readonly { name: string; speedup: number | null; rounds?: number | undefined }[]) {
  const once = niches.filter(({ speedup, rounds }) => speedup !== null && rounds === 0).map(({ name }) => name);
  if (once.length === 0) return [];
  const named = once.length > NAMED ? `${once.slice(0, NAMED).join(", ")}, …` : once.join(", ");
  return [`From a single evaluation, which is partly luck, on ${once.length} of ${niches.length}: ${named}.`];
}

function failedFinalists({ failed_finalists: failed }: RunResult): string[] {
  if (failed.length === 0) return [];
  const lines = failed.map(({ candidate, message }) => `  ${candidate}: ${cut(oneLine(message), 200)}`);
  const rest = lines.length > NAMED ? [`  and ${lines.length - NAMED} more`] : [];
  const head = `${counted(failed.length, "finalist")} failed on fresh inputs when measured again and cannot win:`;
  return [[head, ...lines.slice(0, NAMED), ...rest].join("\n")];
}

/** Candidates that no other one beats in both fields. */
function paretoTable({ pareto }: RunResult, options: TableOptions): string[] {
  const [first] = pareto ?? [];
  if (pareto === undefined || first === undefined) return [];
  const { objective, beside } = first;
  const fields = [objective, beside].map((field) => `${field.name} (${formatDirection(field)})`);
  const table = renderTable(
    [{ head: objective.name, ...NUMBER }, { head: beside.name, ...NUMBER }, { head: "configuration" }],
    pareto.map((point) => [
      formatNumber(point.objective.value),
      formatNumber(point.beside.value),
      formatConfig(point.config),
    ]),
    options,
  );
  return [`Pareto front of ${fields.join(" and ")}: no other candidate is better than one of these in both.\n${table}`];
}

/** Every parameter with the default's value beside it; the changed ones are marked. */
function configTable(config: Config, defaults: Config | null, options: TableOptions): string {
  // Stored configurations are in alphabetical order; the kernel's author had a better one.
  const names = Object.keys({ ...defaults, ...config });
  if (defaults === null) {
    return renderTable(
      [{ head: "parameter" }, { head: "best" }],
      names.map((name) => [name, formatValue(config[name])]),
      options,
    );
  }
  return renderTable(
    [{ head: "parameter" }, { head: "best" }, { head: "default" }, { head: "" }],
    names.map((name) => {
      const [mine, usual] = [formatValue(config[name]), formatValue(defaults[name])];
      return [name, mine, usual, mine === usual ? "" : "changed"];
    }),
    options,
  );
}

/** Everything timed beside the winner except the baselines. */
function othersOf({ workloads, baselines }: ReportDetails): string[] {
  const known = new Set([...baselines, ...workloads.map((w) => w.baseline)]);
  return [...new Set(workloads.flatMap((w) => Object.keys(w.others)))].filter((name) => !known.has(name));
}

function nextSteps({ run, kernel, backend, best, best_by_workload, status, evaluations, db }: RunResult): string {
  const failed = evaluations.total > evaluations.ok;
  const commands: [command: string, why: string][] = [];
  if (status === "interrupted") commands.push([`resume ${run}`, "continue the run"]);
  const separate = Object.keys(best_by_workload).length > 0;
  if (best !== null && !isWithoutCode(backend))
    commands.push([`export ${run} --out ${shellWord(`${kernel}-tuned`)}`, "write the tuned kernel as a folder"]);
  if (best !== null && separate)
    commands.push([`lineage workloads ${run}`, "show this table again; --json includes everything"]);
  else if (best !== null) {
    commands.push([`lineage best ${run}`, "show this configuration again"]);
    commands.push([`lineage ancestors ${best.candidate}`, "show its ancestors"]);
  }
  commands.push(
    failed ? [`lineage failures ${run}`, "show the failures"] : [`lineage top ${run}`, "show the next best"],
  );
  const rows = commands.map(([command, why]) => [commandFor(command, db), why]);
  return [
    "Next:",
    ...renderTable([{ head: "" }, { head: "" }], rows, INDENT)
      .split("\n")
      .slice(1),
  ].join("\n");
}
