/** How a run was started, as far as its specification does not say: what `resume` needs to start it again. */
import { objectiveRequest } from "@kevo/core/recorded-space/objective.ts";
import { paramValue } from "@kevo/proto/search-space.ts";
import { z } from "zod";
import type { FleetBounds } from "../fleet/bounds.ts";

const fields = z.object({
  /** Kernel id, or absolute path of its folder; null in replay. */
  kernel: z.string().nullable(),
  /** Replay: absolute paths of the recorded spaces, one for each device model; else empty. */
  spaces: z.array(z.string()),
  time_scale: z.number().nonnegative(),
  /** Replay: the field that is searched for, and one beside it, where the file's own are not taken. */
  objective: objectiveRequest.optional(),
  /** HOST:PORT of evaluators named on the command line; without any, a local one is started. */
  evaluators: z.array(z.string()),
  devices: z.string().nullable(),
  /** No local evaluator is started: others announce themselves. */
  external_evaluators: z.boolean().optional(),
  /** With fewer evaluators the run waits. */
  min_evaluators: z.int().nonnegative().optional(),
  /** Further evaluators wait in reserve. */
  max_evaluators: z.int().positive().optional(),
  /** The local evaluator starts only where its sandbox contains candidates. */
  require_sandbox: z.boolean().optional(),
  external_workers: z.boolean(),
  /** NATS server to use, or several of one cluster with commas between them; null for an embedded one. */
  nats: z.string().nullable(),
  /** Absolute path of a credentials file for it. */
  nats_creds: z.string().optional(),
  /** How many of its servers keep each stream; absent for what the cluster gives. */
  nats_replicas: z.int().positive().optional(),
  nats_listen: z.string().nullable(),
  /** Seconds to wait for an evaluator, a first one or one to come back. */
  wait_s: z.number().positive().optional(),
  /** A recording: where its file goes (absolute), and the values that parameters are held at. */
  record: z
    .object({ out: z.string(), fixed: z.record(z.string(), z.array(paramValue)) })
    .nullable()
    .default(null),
  /** The run that this one repeats, from whose lineage answers and evaluations come. */
  repeats: z.string().optional(),
});
export type Launch = z.infer<typeof fields>;

/** Earlier launches named one recorded space, or null. */
export const launch = z.preprocess((stored) => {
  if (typeof stored !== "object" || stored === null || !("space" in stored)) return stored;
  const { space, ...others } = stored;
  return { ...others, spaces: space === null ? [] : [space] };
}, fields);

export function boundsOf({ min_evaluators, max_evaluators }: Launch): FleetBounds {
  return { floor: min_evaluators ?? 0, ceiling: max_evaluators ?? null };
}
