/** A Kernel Tuner user's script and measurements as a recorded space, or as the arguments of the Python `Tuner`. */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { recordingOf } from "@kevo/core/recorded-space/formats/read-format.ts";
import { parameterOf } from "@kevo/core/recorded-space/parameters.ts";
import { readRecordingFile } from "@kevo/core/recorded-space/reading/read-file.ts";
import { loadRecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import type { Objective } from "@kevo/proto/objective.ts";
import { writeRecordingFile } from "../record/file.ts";
import { chooseCall } from "./choose-call.ts";
import { type ImportedSpace, importedSpace } from "./imported-space.ts";
import { recordedFile } from "./recorded-file.ts";
import { readTuningCalls, type TuningCall } from "./script.ts";

export interface ImportRequest {
  /** A script, or a T1 file. */
  readonly source: string;
  /** Absent: the one that the script or the T1 file names, if it is there. */
  readonly cache?: string | undefined;
  readonly call?: number | undefined;
  /** The recorded space to write. */
  readonly out?: string | undefined;
  /** The arguments of the Python `Tuner` to write. */
  readonly tuner?: string | undefined;
  readonly python: string | undefined;
}

export interface ImportReport {
  readonly kernel: string;
  readonly parameters: number;
  readonly constraints: readonly string[];
  /** Configurations that satisfy the constraints; an estimate where `valid_error`, its standard error, is not 0. */
  readonly valid: number;
  readonly valid_error: number;
  /** Restrictions that are left out: then fewer may be valid. */
  readonly untranslated: number;
  readonly notes: readonly string[];
  readonly recorded: {
    readonly file: string;
    readonly cache: string;
    readonly device: string;
    readonly configurations: number;
    readonly failed: number;
    readonly objective: string;
    readonly best: number;
    readonly unit: string | null;
  } | null;
  readonly tuner: string | null;
}

/** @throws UserError that says what cannot be read, and what to do. */
export async function importKernelTuner(request: ImportRequest): Promise<ImportReport> {
  const { source, out, tuner } = request;
  if (out === undefined && tuner === undefined) {
    throw new UserError("Name a file to write: --out for a recorded space, or --tuner for the Python Tuner.", 2);
  }
  const calls = await readTuningCalls(source, request.python);
  const named = request.cache ?? (calls.length === 1 ? cacheOf(calls[0] as TuningCall, source) : undefined);
  const read = named === undefined ? null : await readRecordingFile(named);
  const recording = read === null || named === undefined ? null : recordingOf(read.value, named);
  const measured = recording === null ? null : new Set(recording.parameters.keys());
  const call = chooseCall(calls, { path: source, number: request.call, measured });
  const cache = named ?? cacheOf(call, source);
  const rows = recording ?? (cache === undefined ? null : recordingOf((await readRecordingFile(cache)).value, cache));
  const space = importedSpace(call, rows, source);
  const notes = [...space.notes];
  const { count, countError } = openImported(space);
  let recorded: ImportReport["recorded"] = null;
  let objective: Objective | null = null;
  if (out !== undefined) {
    if (rows === null || cache === undefined) {
      throw new UserError(
        `${source} names no measurements that are there${call.cache === null ? "" : ` (its cache is ${call.cache})`}. Add --cache with a cache file or T4 results.`,
        2,
      );
    }
    const file = recordedFile(space, rows, { call, cache, path: source });
    notes.push(...file.notes);
    writeRecordingFile(out, file.content, `${cache} is unchanged.`);
    const loaded = await loadRecordedSpace(out);
    objective = loaded.objective;
    const { members = [], parameters } = loaded.definition;
    const opened = openSpace({ parameters, constraints: [], members });
    const failed = members.filter((genes) => loaded.lookup(opened.decode(genes))?.outcome !== "ok").length;
    recorded = {
      ...{ file: out, cache, device: loaded.deviceName, configurations: file.configurations, failed },
      ...{ objective: objective.name, best: loaded.optimum, unit: objective.unit },
    };
  }
  if (tuner !== undefined) writeRecordingFile(tuner, tunerArguments(space, call, objective), "Nothing else is lost.");
  return {
    ...{ kernel: space.kernel, parameters: space.values.size, constraints: space.constraints },
    ...{ valid: count, valid_error: countError, untranslated: space.untranslated, notes, recorded },
    tuner: tuner ?? null,
  };
}

function openImported({ values, constraints }: ImportedSpace) {
  return openSpace({
    parameters: [...values].map(([name, list]) => parameterOf(name, list)),
    constraints: [...constraints],
  });
}

/** The file that the script or the T1 file names, if it is there: Kernel Tuner adds the ending. */
function cacheOf({ cache }: TuningCall, source: string): string | undefined {
  if (cache === null) return undefined;
  const path = resolve(dirname(source), cache);
  return [path, `${path}.json`, `${path}.json.gz`].find((one) => existsSync(one));
}

/** `Tuner(**json.load(file), objective=…)`. */
function tunerArguments({ values, constraints }: ImportedSpace, call: TuningCall, objective: Objective | null) {
  const higher = objective === null ? call.higher_is_better === true : objective.direction === "maximize";
  return {
    config_space: Object.fromEntries(values),
    constraints,
    direction: higher ? "maximize" : "minimize",
  };
}
