/** Kernel Tuner's cache format, which `coordinator record` writes too. */
import { outcome } from "@kevo/proto/outcome.ts";
import type { ParamValue } from "@kevo/proto/search-space.ts";
import { z } from "zod";
import { UserError } from "../../errors/user-error.ts";
import { failureOf } from "./failure-name.ts";
import type { RecordedRow, Recording, Scalar } from "./recording.ts";

const milliseconds = z.number().nonnegative().catch(0);
const recordSchema = z.looseObject({
  times: z.array(z.number()).catch([]).optional(),
  compile_time: milliseconds.default(0),
  verification_time: milliseconds.default(0),
  benchmark_time: milliseconds.default(0),
  framework_time: milliseconds.default(0),
  /** Of a failure, in the project's own recordings, where Kernel Tuner's three names say less. */
  outcome: outcome.exclude(["ok"]).optional().catch(undefined),
  message: z.string().nullish().catch(null),
  /** Of a failure, since Kernel Tuner 1.5, which then writes no value of the objective. */
  __error__: z.string().optional().catch(undefined),
});

const fileSchema = z.looseObject({
  device_name: z.string().default(""),
  kernel_name: z.string(),
  /** A list since Kernel Tuner 1.4; of several, the first is optimized. */
  objective: z.union([z.string(), z.array(z.string()).min(1)]).default("time"),
  objective_higher_is_better: z
    .union([z.boolean(), z.array(z.boolean()).min(1)])
    .nullish()
    .catch(null),
  tune_params_keys: z.array(z.string()).min(1),
  tune_params: z.record(z.string(), z.array(z.unknown()).min(1)),
  /** Of an imported space. */
  constraints: z.array(z.string()).catch([]).default([]),
  cache: z.record(z.string(), recordSchema),
});
type Row = z.infer<typeof recordSchema>;

export const KERNEL_TUNER_CACHE = {
  name: "Kernel Tuner's cache format",
  schema: fileSchema,
  /** @throws UserError that names the parameter. */
  read: (file: z.infer<typeof fileSchema>, path: string): Recording => {
    const parameters = new Map(
      file.tune_params_keys.map((key) => {
        const values = Object.hasOwn(file.tune_params, key) ? file.tune_params[key] : undefined;
        if (values === undefined) throw new UserError(`${path}: tune_params lacks ${key}`);
        return [key, values.map((value) => scalarOf(value, key, path))] as const;
      }),
    );
    return {
      deviceName: file.device_name,
      kernelName: file.kernel_name,
      objective: firstOf(file.objective),
      higherIsBetter: firstOf(file.objective_higher_is_better ?? null),
      parameters,
      constraints: file.constraints,
      rows: Object.entries(file.cache).map(([key, record]) => rowOf(key, record, parameters, path)),
    };
  },
};

const firstOf = <T>(value: T | readonly T[]): T => (Array.isArray(value) ? (value[0] as T) : (value as T));

/** @throws UserError for a value that is an object, a list or null. */
export function scalarOf(value: unknown, parameter: string, path: string): Scalar {
  if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") return value;
  const kind = value === null ? "null" : Array.isArray(value) ? "a list" : "an object";
  throw new UserError(
    `${path}: the parameter ${parameter} has ${kind} among its values (${JSON.stringify(value).slice(0, 80)}). Values are numbers, strings, true or false: record a number or a name for each instead.`,
  );
}

/** Fields that a measurement writes over a parameter of the same name. */
const RESULT_FIELDS: ReadonlySet<string> = new Set([...Object.keys(recordSchema.shape), "time", "timestamp"]);

function rowOf(
  key: string,
  record: Row,
  parameters: ReadonlyMap<string, readonly Scalar[]>,
  path: string,
): RecordedRow {
  const fromKey = key.split(",");
  return {
    label: key,
    // A record names its values; where it does not, or the measurement took the name, the key lists them.
    values: new Map(
      [...parameters].map(([name, values], at) => {
        const isNamed = Object.hasOwn(record, name) && !RESULT_FIELDS.has(name);
        if (isNamed) return [name, record[name] as ParamValue];
        if (fromKey.length === parameters.size) return [name, valueOfText(fromKey[at] ?? "", values)];
        throw new UserError(
          `${path}: ${key}: the value of ${name} is ambiguous, because the measurement has a field of the same name. Rename the parameter.`,
        );
      }),
    ),
    fields: record,
    failure: failureIn(record),
    samples: record.times ?? [],
    compileMs: record.compile_time,
    verifyMs: record.verification_time,
    benchmarkMs: record.benchmark_time,
  };
}

function failureIn({ outcome, message, time, __error__ }: Row): RecordedRow["failure"] {
  if (outcome !== undefined) return { outcome, message: message ?? String(time) };
  return __error__ === undefined ? undefined : failureOf(__error__);
}

/** The value that this text represents: a listed value with that spelling, if there is one. */
function valueOfText(text: string, values: readonly Scalar[]): ParamValue {
  return values.find((value) => String(value) === text) ?? parsedOf(text);
}

function parsedOf(text: string): ParamValue {
  if (text === "true" || text === "True") return true;
  if (text === "false" || text === "False") return false;
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) ? number : text;
}
