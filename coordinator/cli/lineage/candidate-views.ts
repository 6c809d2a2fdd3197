/** One candidate, or two beside each other, for people. */

import { counted } from "@kevo/core/text/plural.ts";
import type { KernelResources } from "@kevo/proto/kernel-resources.ts";
import type { RunQuietness } from "@kevo/proto/quietness.ts";
import { comparisonOf } from "../../lineage/comparison.ts";
import type { Difference } from "../../lineage/queries/diff.ts";
import type { FailedFinalist } from "../../lineage/queries/finalists.ts";
import type { Ranked } from "../../lineage/queries/place.ts";
import type { CandidateDetails, StoredEvaluation, StoredMeasurement } from "../../lineage/queries/show.ts";
import type { WorkloadTimes } from "../../lineage/queries/workloads.ts";
import {
  formatClaim,
  formatDirection,
  formatInterval,
  formatMetric,
  formatMs,
  formatNumber,
  formatSpeedup,
  formatValue,
  oneLine,
  UNKNOWN,
} from "../../progress/format.ts";
import { type Column, renderKnown, renderTable, type TableOptions } from "../../progress/table.ts";
import { deviceTable } from "../../result/device-table.ts";
import { quietnessText } from "../../result/quietness-text.ts";
import { workloadTable } from "../../result/workload-table.ts";
import { callView, modelOf } from "./call-view.ts";

const right = (head: string): Column => ({ head, align: "right" });

export interface Best extends Ranked {
  readonly run: string;
  readonly workloads: readonly WorkloadTimes[];
  readonly best_by_workload: Readonly<Record<string, Ranked>>;
  readonly best_by_device: Readonly<Record<string, Ranked>>;
  readonly failed_finalists: readonly FailedFinalist[];
  readonly quietness: RunQuietness | null;
}

export function bestView(best: Best, options: TableOptions): string {
  const failed = best.failed_finalists.length;
  const single = `a single evaluation${failed === 0 ? "" : `, since ${counted(failed, "finalist")} failed on fresh inputs`}`;
  const measured = best.rounds === 0 ? single : `measured again in ${counted(best.rounds, "round")}`;
  const worth = best.speedup === null ? recordedWorth(best) : `${compared(best)}, ${formatMs(best.time_ms)}`;
  const devices = Object.keys(best.best_by_device).length;
  // Times of different devices are not compared with each other: each device has its own best.
  if (devices > 0) {
    const head = `Best of run ${best.run} for each of ${counted(devices, "device")}:`;
    return [head, deviceTable(best.best_by_device, null, options)].join("\n\n");
  }
  const hasCandidates = Object.keys(best.best_by_workload).length > 0;
  return [
    `Best of run ${best.run}: ${worth}, ${measured}`,
    `${best.candidate}, proposed by ${best.proposer}`,
    configTable(best.config, options),
    ...(best.workloads.some(({ time_ms }) => time_ms !== null)
      ? [workloadTable(best.workloads, { hasCandidates }, options)]
      : []),
    ...(best.quietness === null ? [] : [quietnessText(best.quietness)]),
  ].join("\n\n");
}

/** With the fastest baseline. An interval around 1 has no figure that would mean anything. */
function compared(best: Ranked): string {
  const interval = `(${formatInterval(best.speedup_low, best.speedup_high)})`;
  const comparison = comparisonOf(best);
  if (comparison === "no_difference") return `no measurable difference from the fastest baseline ${interval}`;
  return `${formatSpeedup(best.speedup)} ${interval}${comparison === "slower" ? ", slower than the fastest baseline" : ""}`;
}

/** In replay: the time, or what the recording was tuned for. */
function recordedWorth({ objective, time_ms }: Ranked): string {
  if (objective === undefined) return formatMs(time_ms);
  const time = time_ms === null ? "" : `, ${formatMs(time_ms)}`;
  return `${formatMetric(objective)} (${formatDirection(objective)})${time}`;
}

export function detailsView(details: CandidateDetails, options: TableOptions): string {
  const { evaluation, measurements, attempts } = details;
  return [
    `${details.candidate}\n${provenance(details)}`,
    configTable(details.config, options),
    evaluation === null ? "Not evaluated yet." : evaluationText(evaluation, details.answered_by),
    ...(measurements.length === 0 ? [] : [measurementTable(measurements, options)]),
    ...(evaluation === null || evaluation.resources.length === 0 ? [] : [resourceTable(evaluation.resources, options)]),
    ...(attempts.length === 0 ? [] : [attemptTable(attempts, options)]),
    ...(details.call === null ? [] : [callView(details.call)]),
  ].join("\n\n");
}

export function differenceView(difference: Difference, options: TableOptions): string {
  const { a, b, parameters, same, same_source, source_diff, outcomes, workloads } = difference;
  const code = same_source ? "" : ", and the evolved code differs";
  const parts = [
    `A  ${a}  ${outcomes.a ?? "not evaluated yet"}\nB  ${b}  ${outcomes.b ?? "not evaluated yet"}`,
    parameters.length === 0
      ? `${same === 1 ? "The one parameter is" : `All ${same} parameters are`} equal${code}.`
      : renderTable(
          [{ head: "parameter" }, { head: "A" }, { head: "B" }],
          parameters.map((p) => [p.parameter, formatValue(p.a ?? undefined), formatValue(p.b ?? undefined)]),
          options,
        ),
    ...(parameters.length === 0 ? [] : [`${same} more ${same === 1 ? "is" : "are"} equal${code}.`]),
  ];
  if (workloads.length > 0) {
    const compared = workloads.some((w) => w.a_speedup !== null || w.b_speedup !== null);
    parts.push(
      renderTable(
        [
          { head: "workload" },
          ...["A ms", "B ms"].map(right),
          ...(compared ? ["A speedup", "B speedup"].map(right) : []),
          right("A / B"),
        ],
        workloads.map((w) => [
          w.workload,
          formatNumber(w.a_ms),
          formatNumber(w.b_ms),
          ...(compared ? [formatSpeedup(w.a_speedup), formatSpeedup(w.b_speedup)] : []),
          w.ratio === null ? UNKNOWN : w.ratio.toFixed(3),
        ]),
        options,
      ),
    );
  }
  if (source_diff !== null) parts.push(codeText(source_diff));
  return parts.join("\n\n");
}

/** A model wrote it: nothing of it moves a terminal's cursor. */
export function codeText(text: string): string {
  return text
    .replaceAll(/[^\P{Cc}\n\t]/gu, "\ufffd")
    .replaceAll(/\p{Cf}/gu, "\ufffd")
    .trimEnd();
}

function provenance(details: CandidateDetails): string {
  const { migration, parents, answers } = details;
  const rows = [
    ["proposer", details.proposer],
    ...(details.reason === null ? [] : [["reason", oneLine(details.reason)]]),
    ...(details.call === null ? [] : [["model", modelOf(details.call)]]),
    [
      "parents",
      migration === null
        ? parents.join(", ") || "none"
        : `${migration.origin}, adopted from island ${migration.from_island}`,
    ],
    ...(details.source === null ? [] : [["source", details.source]]),
    ["genome", details.genome],
    ["accepted", new Date(details.created_at).toISOString()],
    ...(details.answered_by === null
      ? []
      : [["answered by", `${details.answered_by} (the same genome; this candidate was not evaluated again)`]]),
    ...(answers.length === 0 ? [] : [["answers", answers.join(", ")]]),
  ] as string[][];
  const width = Math.max(...rows.map(([name]) => (name as string).length));
  return rows.map(([name, value]) => `${name?.padEnd(width)}  ${value}`).join("\n");
}

function configTable(config: Ranked["config"], options: TableOptions): string {
  return renderTable(
    [{ head: "parameter" }, { head: "value" }],
    Object.entries(config).map(([name, value]) => [name, formatValue(value)]),
    options,
  );
}

function evaluationText(evaluation: StoredEvaluation, answeredBy: string | null): string {
  const whose = answeredBy === null ? "Evaluated" : `${answeredBy} was evaluated`;
  const { outcome, device, device_model, toolchain, message } = evaluation;
  const seconds = (ms: number | null) => (ms === null ? UNKNOWN : `${formatNumber(ms / 1000)} s`);
  return [
    `${whose}: ${outcome}${evaluation.stopped_early ? ", stopped early as clearly slower" : ""}`,
    `on ${device ?? UNKNOWN} (${oneLine(device_model ?? UNKNOWN)}) with ${oneLine(toolchain ?? UNKNOWN)}`,
    `compiled in ${seconds(evaluation.compile_ms)}, ${seconds(evaluation.lane_ms)} in the lane, waited for ${seconds(evaluation.queued_ms)}`,
    ...(message === null
      ? []
      : message
          .trimEnd()
          .split("\n")
          .map((line) => `  ${oneLine(line)}`)),
  ].join("\n");
}

function measurementTable(measurements: readonly StoredMeasurement[], options: TableOptions): string {
  return renderKnown(
    [
      right("round"),
      { head: "workload" },
      ...["time ms", "baseline ms", "speedup", "interval", "GFLOP/s", "GB/s", "error"].map(right),
      { head: measurements.some((m) => Object.keys(m.metrics).length > 0) ? "also measured" : "also timed, ms" },
    ],
    measurements.map((m) => [
      String(m.round),
      m.workload,
      formatNumber(m.time_ms),
      formatNumber(m.baseline_ms),
      formatClaim(m),
      formatInterval(m.speedup_low, m.speedup_high),
      formatNumber(m.gflops),
      formatNumber(m.gbytes_per_s),
      m.error === null ? UNKNOWN : m.error.toExponential(1),
      Object.entries({ ...m.others, ...m.metrics })
        .map(([name, ms]) => `${name} ${formatNumber(ms)}`)
        .join(", "),
    ]),
    UNKNOWN,
    options,
  );
}

function resourceTable(resources: readonly KernelResources[], options: TableOptions): string {
  return renderTable(
    [
      { head: "kernel" },
      ...["registers", "spilled bytes", "shared bytes", "warps"].map(right),
      { head: "instructions" },
    ],
    resources.map((one) => [
      oneLine(one.name),
      ...[one.registers, one.spill_bytes, one.shared_bytes, one.warps].map(String),
      Object.entries(one.instructions ?? {})
        .map(([kind, count]) => `${count} ${kind.replaceAll("_", " ")}`)
        .join(", ") || UNKNOWN,
    ]),
    options,
  );
}

function attemptTable(attempts: CandidateDetails["attempts"], options: TableOptions): string {
  return renderTable(
    [right("attempt"), ...["evaluator", "stage", "end"].map((head) => ({ head })), right("seconds")],
    attempts.map((a) => [
      String(a.attempt),
      a.evaluator,
      a.stage ?? UNKNOWN,
      a.end ?? "running",
      a.ended_at === null ? UNKNOWN : formatNumber((a.ended_at - a.started_at) / 1000),
    ]),
    options,
  );
}
