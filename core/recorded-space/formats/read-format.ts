/** Which program wrote a recording. */
import { z } from "zod";
import { describeIssues } from "../../errors/issues.ts";
import { UserError } from "../../errors/user-error.ts";
import { KERNEL_TUNER_CACHE } from "./kernel-tuner.ts";
import { KTT_RESULTS } from "./ktt.ts";
import type { Recording } from "./recording.ts";
import { RESULTS_T4 } from "./results-t4.ts";

/** Files of tuners that hold no recording, by a field that only they have. */
const OTHERS = [
  [
    "ConfigurationSpace",
    "a T1 file: it describes a search space but contains no measurements. Name the results of a tuner (T4 or a cache)",
  ],
  [
    "KernelSpecification",
    "a T1 file: it describes a kernel but contains no measurements. Name the results of a tuner (T4 or a cache)",
  ],
  [
    "sections",
    "a database of CLBlast: it contains the best configurations of many devices, not a whole search space. Convert the JSON file of one CLBlast tuner to Kernel Tuner's cache format, and name that",
  ],
  [
    "best_kernel",
    "a file of CLBlast's tuners. Convert its results to Kernel Tuner's cache format: one entry of the cache for each result, with its parameters and its time",
  ],
] as const;

/**
 * @param value the file's JSON
 * @throws UserError that says what the file is, what does not fit, and what to do.
 */
export function recordingOf(value: unknown, path: string): Recording {
  const file = z.record(z.string(), z.unknown()).safeParse(value);
  if (!file.success) throw new UserError(`${path} is not a recorded space: it contains no JSON object.`);
  const has = (field: string): boolean => Object.hasOwn(file.data, field);
  if (has("results") && !has("cache") && !has("best_kernel")) return read(RESULTS_T4, value, path);
  if (has("Results") && has("Metadata")) return read(KTT_RESULTS, value, path);
  if (!has("cache")) {
    for (const [field, what] of OTHERS) if (has(field)) throw new UserError(`${path} is ${what}.`);
  }
  return read(KERNEL_TUNER_CACHE, value, path);
}

interface Format<S extends z.ZodType> {
  readonly name: string;
  readonly schema: S;
  read(file: z.output<S>, path: string): Recording;
}

function read<S extends z.ZodType>(format: Format<S>, value: unknown, path: string): Recording {
  const file = format.schema.safeParse(value);
  if (file.success) return format.read(file.data, path);
  throw new UserError(`${path} is not a recorded space in ${format.name}: ${describeIssues(file.error)}.`);
}
