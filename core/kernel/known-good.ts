/** A kernel's configurations that are known to be good: `known-good.json` in its folder. Runs try them first. */
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import { type Config, paramValue } from "@kevo/proto/search-space.ts";
import { z } from "zod";
import { parseJson } from "../config/json.ts";
import { describeIssues } from "../errors/issues.ts";
import { UserError } from "../errors/user-error.ts";

/** Not part of the package that evaluators receive: it changes nothing that they measure. */
export const KNOWN_FILE = "known-good.json";

const known = z.strictObject({
  /** Names of the kernel's parameters, in the order of the rows below. */
  parameters: z.array(z.string()).min(1),
  configurations: z.array(z.array(paramValue)),
  good: z.array(
    z.strictObject({
      workload: z.string(),
      /** Device model. */
      device: z.string(),
      /** Places in `configurations`, the fastest first. */
      configurations: z.array(z.int().nonnegative()).min(1),
    }),
  ),
});
export type KnownGoodFile = z.infer<typeof known>;

/** A configuration that was among the best on a workload and device model; `rank` 0 was the best. */
export interface KnownConfiguration {
  readonly config: Config;
  readonly workload: string;
  readonly device: string;
  readonly rank: number;
  /** The run that measured it; null: the kernel's file names it. */
  readonly run: string | null;
}

/** @throws UserError (code 2) on a file that does not fit the kernel. `where` is for messages. */
export function parseKnown(text: string, definition: KernelDefinition, where: string): KnownConfiguration[] {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (error) {
    throw new UserError(`${where} is not JSON: ${(error as Error).message}`, 2);
  }
  const result = known.safeParse(json);
  if (!result.success) throw new UserError(`${where}: ${describeIssues(result.error)}.`, 2);
  const { parameters, configurations, good } = result.data;
  const wanted = definition.parameters.map(({ name }) => name);
  if (parameters.toSorted().join() !== wanted.toSorted().join()) {
    throw new UserError(
      `${where}: parameters must name those of the kernel, ${wanted.join(", ")}; it names ${parameters.join(", ")}.`,
      2,
    );
  }
  const workloads = new Set(definition.workloads.map(({ name }) => name));
  const configs = configurations.map((row, at): Config => {
    if (row.length !== parameters.length) {
      throw new UserError(`${where}: configuration ${at} has ${row.length} values, not ${parameters.length}.`, 2);
    }
    return Object.fromEntries(parameters.map((name, column) => [name, row[column] as Config[string]]));
  });
  return good.flatMap(({ workload, device, configurations: places }) => {
    if (!workloads.has(workload)) throw new UserError(`${where}: the kernel has no workload ${workload}.`, 2);
    return places.map((place, rank): KnownConfiguration => {
      const config = configs[place];
      if (config === undefined) {
        throw new UserError(`${where}: there is no configuration ${place}; they are numbered from 0.`, 2);
      }
      return { config, workload, device, rank, run: null };
    });
  });
}
