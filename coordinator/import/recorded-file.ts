/** Measurements of another tuner under an imported space, as a recorded space: Kernel Tuner's cache format. */
import { basename } from "node:path";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { FAILURE_NAMES } from "@kevo/core/recorded-space/formats/failure-name.ts";
import type { RecordedRow, Recording, Scalar } from "@kevo/core/recorded-space/formats/recording.ts";
import { parameterOf } from "@kevo/core/recorded-space/parameters.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { counted } from "@kevo/core/text/plural.ts";
import type { ParamValue } from "@kevo/proto/search-space.ts";
import type { ImportedSpace } from "./imported-space.ts";
import type { TuningCall } from "./script.ts";

export interface RecordedFile {
  /** What is written. */
  readonly content: object;
  readonly configurations: number;
  /** Sentences for the user. */
  readonly notes: readonly string[];
}

/**
 * Rows that are not in the space are left out.
 *
 * @throws UserError (code 2) where the measurements are of other parameters, or no row is left.
 */
export function recordedFile(
  space: ImportedSpace,
  recording: Recording,
  { call, cache, path }: { readonly call: TuningCall; readonly cache: string; readonly path: string },
): RecordedFile {
  const names = [...space.values.keys()];
  checkParameters(names, [...recording.parameters.keys()], { cache, path });
  const parameters = names.map((name) => parameterOf(name, space.values.get(name) as readonly Scalar[]));
  const { constraints } = space;
  const opened = openSpace({ parameters, constraints: [...constraints] });
  const kept = new Map<string, RecordedRow>();
  let [unlisted, invalid] = [0, 0];
  for (const row of recording.rows) {
    const values = names.map((name) => row.values.get(name) as ParamValue);
    if (
      names.some((name, at) => !(space.values.get(name) as readonly ParamValue[]).includes(values[at] as ParamValue))
    ) {
      unlisted++;
    } else if (
      opened.isValid(opened.encode(Object.fromEntries(names.map((name, at) => [name, values[at] as ParamValue]))))
    ) {
      kept.set(values.map(pythonText).join(","), row);
    } else invalid++;
  }
  const notes = [
    ...(unlisted === 0
      ? []
      : [`${counted(unlisted, "row")} of ${cache} left out: ${path} does not list their values.`]),
    ...(invalid === 0 ? [] : [`${counted(invalid, "row")} of ${cache} left out: they violate a constraint.`]),
  ];
  if (kept.size === 0) {
    throw new UserError(`${cache} has no configuration of the space in ${path}. ${notes.join(" ")}`.trim(), 2);
  }
  const objective = objectiveOf(recording, call, cache, notes);
  return {
    configurations: kept.size,
    notes,
    content: {
      device_name: recording.deviceName.trim() || basename(cache).replace(/\.json(\.gz)?$/, ""),
      kernel_name: space.kernel,
      ...objective,
      tune_params_keys: names,
      tune_params: Object.fromEntries(space.values),
      constraints,
      cache: Object.fromEntries([...kept].map(([key, row]) => [key, recordOf(row)])),
    },
  };
}

function checkParameters(
  script: readonly string[],
  measured: readonly string[],
  { cache, path }: { readonly cache: string; readonly path: string },
): void {
  const only = (names: readonly string[], others: readonly string[]) => names.filter((name) => !others.includes(name));
  const [missing, more] = [only(script, measured), only(measured, script)];
  if (missing.length + more.length === 0) return;
  const what = [
    ...(missing.length === 0 ? [] : [`it lacks ${missing.join(", ")}`]),
    ...(more.length === 0 ? [] : [`it has ${more.join(", ")} besides`]),
  ].join(", and ");
  throw new UserError(
    `${cache} is of other parameters than ${path}: ${what}. Choose the cache of this call, or another call with --call.`,
    2,
  );
}

/** The script's, where the rows have it: a metric that was added later is not in them. */
function objectiveOf(recording: Recording, call: TuningCall, cache: string, notes: string[]) {
  const { objective: name, higher_is_better: higher } = call;
  const has = (field: string) => recording.rows.some(({ fields }) => Object.hasOwn(fields, field));
  if (name !== null && has(name)) {
    return { objective: name, ...(higher !== null && { objective_higher_is_better: higher }) };
  }
  if (name !== null && name !== recording.objective) {
    notes.push(`${cache} has no field ${name}, the script's objective: ${recording.objective} is optimized.`);
  }
  const { objective, higherIsBetter } = recording;
  return { objective, ...(higherIsBetter !== null && { objective_higher_is_better: higherIsBetter }) };
}

/** Its own fields, and those that Kernel Tuner writes, under its names. */
function recordOf({ values, fields, failure, samples, compileMs, verifyMs, benchmarkMs }: RecordedRow) {
  return {
    ...Object.fromEntries(values),
    ...(failure !== undefined && { time: FAILURE_NAMES[failure.outcome] }),
    times: samples,
    compile_time: compileMs,
    verification_time: verifyMs,
    benchmark_time: benchmarkMs,
    framework_time: 0,
    ...fields,
    ...failure,
  };
}

function pythonText(value: ParamValue): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  return String(value);
}
