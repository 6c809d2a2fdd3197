/** Curves of other tools on the same spaces, by space and strategy, as `--compare` takes them. */
import { readFile } from "node:fs/promises";
import { parseJson } from "@kevo/core/config/json.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { z } from "zod";

const curve = z.looseObject({
  fraction_of_optimum: z.record(z.string(), z.number()),
  seeds: z.int().positive().optional(),
  within_5_percent: z.int().nonnegative(),
  median_evaluations_to_5_percent: z.number().nullable(),
});
export type OtherCurve = z.infer<typeof curve>;
const file = z.record(z.string(), z.record(z.string(), curve));

/** The strategies measured on a space, of all files; empty without any. @throws UserError on a bad file. */
export async function readComparisons(paths: readonly string[], space: string): Promise<Record<string, OtherCurve>> {
  const files = await Promise.all(paths.map((path) => readComparison(path, space)));
  return Object.assign({}, ...files) as Record<string, OtherCurve>;
}

async function readComparison(path: string, space: string): Promise<Record<string, OtherCurve>> {
  let json: unknown;
  try {
    json = parseJson(await readFile(path, "utf8"));
  } catch (error) {
    throw new UserError(`--compare ${path}: ${error instanceof Error ? error.message : error}`, 2);
  }
  const parsed = file.safeParse(json);
  if (!parsed.success)
    throw new UserError(`--compare ${path} is not a valid file of curves: ${z.prettifyError(parsed.error)}`, 2);
  return parsed.data[space] ?? {};
}
