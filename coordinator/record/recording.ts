/**
 * A recording run as a file in Kernel Tuner's cache format (`docs/recording.md`), made from the database alone:
 * it can be written again at any time, also of a run that was cut off.
 */
import { FAILURE_NAMES } from "@kevo/core/recorded-space/formats/failure-name.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { cut } from "@kevo/core/text/cut.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import type { Outcome } from "@kevo/proto/outcome.ts";
import { runSpec } from "@kevo/proto/run.ts";
import { type Config, config as configSchema, type ParamValue } from "@kevo/proto/search-space.ts";
import { and, asc, eq, gt } from "drizzle-orm";
import { z } from "zod";
import type { LineageDatabase } from "../lineage/database.ts";
import { candidates, evaluations, measurements, runs } from "../lineage/schema.ts";
import { writeRecordingFile } from "./file.ts";
import { type Fixed, formatValue, planRecording } from "./plan.ts";

const MAX_MESSAGE = 200;

export interface RecordingSummary {
  readonly file: string;
  /** Configurations that were measured, and how many of them failed. */
  readonly configurations: number;
  readonly failed: number;
  /** Of the whole plan. */
  readonly planned: number;
  /** Under the same restriction; an estimate where they are too many to list. */
  readonly valid: number;
  readonly complete: boolean;
  /** Smallest recorded time, milliseconds; null when nothing ran. */
  readonly optimum_ms: number | null;
  readonly bytes: number;
}

export interface RecordingRequest {
  /** Absolute path; gzipped where it ends in `.gz`. */
  readonly out: string;
  readonly fixed: Fixed;
}

/** Writes whole or not at all. @throws Error when the run is unknown or no recording. */
export function writeRecording(
  db: LineageDatabase,
  run: string,
  definition: KernelDefinition,
  { out, fixed }: RecordingRequest,
): RecordingSummary {
  const file = recordingOf(db, run, definition, fixed);
  const bytes = writeRecordingFile(out, file, "Its measurements are stored.");
  const times = Object.values(file.cache).flatMap(({ time }) => (typeof time === "number" ? [time] : []));
  const { configurations, planned, valid, complete } = file.metadata;
  return {
    file: out,
    configurations,
    failed: configurations - times.length,
    planned,
    valid,
    complete,
    optimum_ms: times.length === 0 ? null : times.reduce((a, b) => Math.min(a, b)),
    bytes,
  };
}

function recordingOf(db: LineageDatabase, run: string, definition: KernelDefinition, fixed: Fixed) {
  const row = db.select().from(runs).where(eq(runs.id, run)).get();
  if (row === undefined) throw new Error(`no run ${run}`);
  const spec = runSpec.parse(JSON.parse(row.spec));
  const [workload] = spec.workloads;
  const rows = readRows(db, run);
  const plan = planRecording(definition, fixed, spec.seed, spec.evaluations);
  const devices = [...new Set(rows.flatMap(({ evaluation }) => evaluation.device ?? []))].sort();
  const ran = rows.filter(({ evaluation }) => evaluation.deviceModel !== null);
  return {
    device_name: ran[0]?.evaluation.deviceModel ?? "",
    kernel_name: definition.workloads.length === 1 ? spec.kernel.id : `${spec.kernel.id} ${workload}`,
    problem_size: definition.workloads.find(({ name }) => name === workload)?.shape ?? {},
    objective: "time",
    tune_params_keys: definition.parameters.map(({ name }) => name),
    tune_params: valuesOf(definition, rows),
    metadata: {
      recorded_by: `coordinator record, run ${run}`,
      kernel: spec.kernel.id,
      kernel_hash: spec.kernel.hash,
      workload,
      backend: spec.backend,
      effort: spec.effort,
      toolchains: [...new Set(rows.flatMap(({ evaluation }) => evaluation.toolchain ?? []))],
      devices,
      fixed,
      seed: spec.seed,
      configurations: rows.length,
      planned: plan.configurations.length,
      /** Under the same restriction; an estimate where they are too many to list. */
      valid: plan.valid,
      complete: rows.length === plan.configurations.length,
      began: new Date(row.createdAt).toISOString(),
      remeasured: remeasured(db, run),
    },
    cache: Object.fromEntries(rows.map((one) => [keyOf(one.config, definition), recordOf(one, definition, devices)])),
  };
}

type Evaluation = typeof evaluations.$inferSelect;
type Measured = typeof measurements.$inferSelect;
interface Row {
  readonly config: Config;
  readonly evaluation: Evaluation;
  readonly measured: Measured | null;
}

/** In the order of asking. */
function readRows(db: LineageDatabase, run: string): Row[] {
  const first = and(eq(measurements.candidate, evaluations.candidate), eq(measurements.round, 0));
  return db
    .select({ config: candidates.config, evaluation: evaluations, measured: measurements })
    .from(evaluations)
    .innerJoin(candidates, eq(candidates.id, evaluations.candidate))
    .leftJoin(measurements, first)
    .where(eq(evaluations.run, run))
    .orderBy(asc(candidates.batch), asc(candidates.position))
    .all()
    .map((one) => ({ ...one, config: configSchema.parse(JSON.parse(one.config)) }));
}

const samplesSchema = z.array(z.number());

function recordOf({ config, evaluation, measured }: Row, definition: KernelDefinition, devices: readonly string[]) {
  const { outcome, message } = evaluation;
  const ok = outcome === "ok" && measured !== null;
  return {
    ...Object.fromEntries(definition.parameters.map(({ name }) => [name, cell(config[name] as ParamValue)])),
    time: ok ? rounded(measured.timeMs as number) : FAILURE_NAMES[outcome as Exclude<Outcome, "ok">],
    times: ok ? samplesSchema.parse(JSON.parse(measured.samples)).map(rounded) : [],
    compile_time: rounded(evaluation.compileMs ?? 0),
    // Verification and timing share the lane and are not separated: benchmark_time contains both.
    verification_time: 0,
    benchmark_time: rounded(evaluation.laneMs ?? 0),
    framework_time: 0,
    timestamp: new Date(evaluation.createdAt).toISOString(),
    ...(evaluation.device === null ? {} : { device: devices.indexOf(evaluation.device) }),
    ...(ok
      ? {
          baseline: measured.baseline,
          baseline_time: measured.baselineMs === null ? null : rounded(measured.baselineMs),
          speedup: measured.speedup === null ? null : rounded(measured.speedup),
          ...(evaluation.stoppedEarly ? { stopped_early: true } : {}),
          error: measured.error === null ? null : rounded(measured.error),
        }
      : { outcome, message: message === null ? null : cut(message, MAX_MESSAGE) }),
  };
}

/** Durations of the finalists' re-measurements, milliseconds of each round, by the recording's key. */
function remeasured(db: LineageDatabase, run: string) {
  const rows = db
    .select({ config: candidates.config, id: candidates.id, round: measurements.round, time: measurements.timeMs })
    .from(measurements)
    .innerJoin(candidates, eq(candidates.id, measurements.candidate))
    .where(and(eq(candidates.run, run), gt(measurements.round, 0)))
    .orderBy(candidates.id, measurements.round)
    .all();
  const found = new Map<string, { config: Config; times: number[] }>();
  for (const { id, config, time } of rows) {
    const one = found.get(id) ?? { config: configSchema.parse(JSON.parse(config)), times: [] };
    if (time !== null) one.times.push(rounded(time));
    found.set(id, one);
  }
  return [...found.values()];
}

/** A parameter's values that occur, in the definition's order. */
function valuesOf(definition: KernelDefinition, rows: readonly Row[]) {
  const { parameters } = openSpace({ parameters: definition.parameters, constraints: [] });
  return Object.fromEntries(
    parameters.map(({ name, values }) => {
      const seen = new Set(rows.map(({ config }) => formatValue(config[name] as ParamValue)));
      return [name, values.filter((value) => seen.has(formatValue(value))).map(cell)];
    }),
  );
}

/** As Python writes them, whose tools read these keys. */
function keyOf(config: Config, definition: KernelDefinition): string {
  const values = definition.parameters.map(({ name }) => {
    const value = config[name] as ParamValue;
    if (typeof value === "boolean") return value ? "True" : "False";
    return formatValue(value);
  });
  return values.join(",");
}

/** The format has no lists. */
function cell(value: ParamValue): string | number | boolean {
  return Array.isArray(value) ? formatValue(value) : value;
}

/** To six digits, as much as a clock gives. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
