/** What Triton's autotuner keeps with `cache_results=True`: `KERNEL.autotune.json`, every configuration with its times. */
import { describeIssues } from "@kevo/core/errors/issues.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { z } from "zod";
import { jsonOf } from "./json-of.ts";

const config = z.looseObject({
  kwargs: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])),
  num_warps: z.int().positive(),
  num_stages: z.int().positive(),
});
const file = z.strictObject({
  key: z.array(z.unknown()),
  /** Milliseconds: the median, then the 20th and the 80th percentile; infinite where it did not run. */
  configs_timings: z.array(z.tuple([config, z.array(z.number().or(z.literal(Number.POSITIVE_INFINITY)))])).min(1),
});
export type AutotuneFile = z.infer<typeof file>;

/** @throws UserError (code 2) with the name and the configuration. */
export function parseAutotuneFile(text: string, where: string): AutotuneFile {
  // Python writes what JSON has no word for; a number too large is the same.
  const result = file.safeParse(jsonOf(text.replaceAll(/(?<=[[,]\s?)Infinity\b/g, "1e999"), where));
  if (!result.success) throw new UserError(`${where}: ${describeIssues(result.error)}.`, 2);
  return result.data;
}
