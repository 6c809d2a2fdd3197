/**
 * Recorded search spaces in Kernel Tuner's cache format (`.json` or `.json.gz`): every valid configuration of a
 * kernel with what a real GPU made of it. What is not recorded is not valid.
 */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Outcome } from "@kevo/proto/outcome.ts";
import type { Config, SearchSpaceDefinition } from "@kevo/proto/search-space.ts";
import { parseJson } from "../config/json.ts";
import { describeIssues } from "../errors/issues.ts";
import { UserError } from "../errors/user-error.ts";
import { fileSchema, type RecordedFile } from "./cache-format.ts";
import { keyOfValues, spaceOf } from "./parameters.ts";

export interface RecordedEvaluation {
  readonly outcome: Outcome;
  /** The recorded objective, milliseconds; null unless ok. */
  readonly time_ms: number | null;
  /** Single timings, milliseconds; empty when none were kept. */
  readonly samples: readonly number[];
  /** What the stages took on the recording machine, milliseconds. */
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
  /** Smallest recorded time, milliseconds. */
  readonly optimum: number;
  /** Null when the configuration was not recorded, which is to say that it breaks a constraint. */
  lookup(config: Config): RecordedEvaluation | null;
}

/** @throws UserError when the file is missing, not in the format, or holds no configuration that ran. */
export async function loadRecordedSpace(path: string): Promise<RecordedSpace> {
  const file = fileSchema.safeParse(await readJson(path));
  if (!file.success) {
    throw new UserError(
      `${path} is not a recorded space in Kernel Tuner's cache format: ${describeIssues(file.error)}.`,
    );
  }
  return openRecordedSpace(file.data, path);
}

/** @throws UserError when the recording contradicts itself or nothing in it ran. `name` is the file's. */
export function openRecordedSpace(file: RecordedFile, name: string): RecordedSpace {
  const { definition, rows } = spaceOf(file, name);
  let optimum = Number.POSITIVE_INFINITY;
  for (const record of rows.values()) {
    if (typeof record.time === "number") optimum = Math.min(optimum, record.time);
  }
  if (optimum === Number.POSITIVE_INFINITY) throw new UserError(`${name}: every recorded configuration failed`);
  return {
    definition,
    kernelName: file.kernel_name,
    deviceName: file.device_name.trim() || basename(name).replace(/\.json(\.gz)?$/, ""),
    optimum,
    lookup: (config) => {
      const record = rows.get(keyOfValues(definition.parameters.map((parameter) => config[parameter.name])));
      if (record === undefined) return null;
      const ran = typeof record.time === "number";
      return {
        outcome: ran ? "ok" : (record.outcome ?? outcomeOf(String(record.time))),
        time_ms: ran ? (record.time as number) : null,
        samples: record.times ?? [],
        compile_ms: record.compile_time,
        verify_ms: record.verification_time,
        benchmark_ms: record.benchmark_time,
        message: ran ? null : (record.message ?? String(record.time)),
      };
    },
  };
}

/** Kernel Tuner's names of failures. */
function outcomeOf(failure: string): Outcome {
  if (/compil/i.test(failure)) return "compile_error";
  if (/invalid/i.test(failure)) return "invalid";
  if (/correct|verif/i.test(failure)) return "incorrect";
  return "crashed";
}

async function readJson(path: string): Promise<unknown> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new UserError(`cannot read the recorded space ${path}: ${error instanceof Error ? error.message : error}`, 2);
  }
  try {
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return parseJson((isGzip ? await promisify(gunzip)(bytes) : bytes).toString("utf8"));
  } catch (error) {
    throw new UserError(`${path} is neither JSON nor gzipped JSON: ${error instanceof Error ? error.message : error}`);
  }
}
