/**
 * Recorded search spaces (`.json` or `.json.gz`): every valid configuration of a kernel with its result on a real GPU.
 * A configuration that is not recorded is not valid.
 */
import { basename } from "node:path";
import { isBetter, type Objective } from "@kevo/proto/objective.ts";
import type { Outcome } from "@kevo/proto/outcome.ts";
import { type Config, type SearchSpaceDefinition, searchSpaceDefinition } from "@kevo/proto/search-space.ts";
import { describeIssues } from "../errors/issues.ts";
import { UserError } from "../errors/user-error.ts";
import { checkConfigLength } from "../search-space/limits.ts";
import { failureOf } from "./formats/failure-name.ts";
import { recordingOf } from "./formats/read-format.ts";
import type { RecordedRow, Recording } from "./formats/recording.ts";
import { measuredValue, type ObjectiveRequest, objectiveOf } from "./objective.ts";
import { keyOfValues, spaceOf } from "./parameters.ts";
import { readRecordingFile } from "./reading/read-file.ts";

export interface RecordedEvaluation {
  readonly outcome: Outcome;
  /** The recorded time, milliseconds; null unless ok, and where another objective was recorded without it. */
  readonly time_ms: number | null;
  /** The objective, and the field beside it; empty unless ok. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Single timings, milliseconds; empty when none were kept. */
  readonly samples: readonly number[];
  /** Durations of the stages on the recording machine, milliseconds. */
  readonly compile_ms: number;
  readonly verify_ms: number;
  readonly benchmark_ms: number;
  /** The recorded failure's name; null when ok. */
  readonly message: string | null;
}

export interface RecordedSpace {
  /** With `members`: exactly the recorded configurations. */
  readonly definition: SearchSpaceDefinition;
  readonly kernelName: string;
  /** As recorded; the file's name without its endings where the recording does not say. */
  readonly deviceName: string;
  readonly objective: Objective;
  /** The best recorded value of the objective. */
  readonly optimum: number;
  /** Number of rows of a file that was cut; null where it is whole. */
  readonly cutAfter: number | null;
  /** Null when the configuration was not recorded, which is to say that it breaks a constraint. */
  lookup(config: Config): RecordedEvaluation | null;
}

/** @throws UserError when the file is missing, in no known format, or holds no configuration that ran. */
export async function loadRecordedSpace(path: string, request: ObjectiveRequest = {}): Promise<RecordedSpace> {
  const { value, isCut } = await readRecordingFile(path);
  const recording = recordingOf(value, path);
  return openRecordedSpace(recording, path, { request, isCut });
}

/** @throws UserError when the recording contradicts itself or nothing in it ran. `name` is the file's. */
function openRecordedSpace(
  recording: Recording,
  name: string,
  { request, isCut }: { readonly request: ObjectiveRequest; readonly isCut: boolean },
): RecordedSpace {
  const { definition, rows } = spaceOf(recording, name);
  checkFits(definition, name);
  const objective = objectiveOf(recording, request, name);
  let optimum: number | null = null;
  for (const row of rows.values()) {
    const value = row.failure === undefined ? measuredValue(row, objective.name) : null;
    if (typeof value === "number" && (optimum === null || isBetter(value, optimum, objective))) optimum = value;
  }
  return {
    definition,
    kernelName: recording.kernelName,
    deviceName: recording.deviceName.trim() || basename(name).replace(/\.json(\.gz)?$/, ""),
    objective,
    optimum: optimum as number,
    cutAfter: isCut ? rows.size : null,
    lookup: (config) => {
      const row = rows.get(keyOfValues(definition.parameters.map((parameter) => config[parameter.name])));
      return row === undefined ? null : evaluationOf(row, objective);
    },
  };
}

/** An accepted recording can run: its kernel fits the store and the wire. */
function checkFits(definition: SearchSpaceDefinition, name: string): void {
  const checked = searchSpaceDefinition.safeParse(definition);
  if (!checked.success) throw new UserError(`${name} cannot be replayed: ${describeIssues(checked.error)}.`, 2);
  try {
    checkConfigLength(definition.parameters);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${name} cannot be replayed: ${error.message}.`, 2) : error;
  }
}

function evaluationOf(row: RecordedRow, objective: Objective): RecordedEvaluation {
  const value = measuredValue(row, objective.name);
  const durations = { compile_ms: row.compileMs, verify_ms: row.verifyMs, benchmark_ms: row.benchmarkMs };
  if (row.failure !== undefined || typeof value !== "number") {
    const failure = row.failure ?? failureOf((value as { failure: string }).failure);
    return { ...failure, ...durations, time_ms: null, metrics: {}, samples: row.samples };
  }
  const time = measuredValue(row, "time");
  const beside = objective.beside === null ? null : measuredValue(row, objective.beside.name);
  return {
    outcome: "ok",
    message: null,
    ...durations,
    time_ms: typeof time === "number" ? time : null,
    metrics: {
      [objective.name]: value,
      ...(objective.beside !== null && typeof beside === "number" && { [objective.beside.name]: beside }),
    },
    samples: row.samples,
  };
}
