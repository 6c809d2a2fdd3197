/** The specification of a run: fixed when it starts, stored in the lineage, carried by every island's first log entry. */
import { z } from "zod";
import { BACKENDS } from "./backend-name.ts";
import { objective } from "./objective.ts";
import { config } from "./search-space.ts";

export const TOPOLOGIES = ["ring", "bidirectional", "full", "random", "none"] as const;
export const EFFORTS = ["quick", "full"] as const;
export type Effort = (typeof EFFORTS)[number];
export type Topology = (typeof TOPOLOGIES)[number];

/** The restriction of an island; null means none. */
export const niche = z.object({ workloads: z.array(z.string()).nullable(), device: z.string().nullable() });
export type Niche = z.infer<typeof niche>;

/** Language models that propose beside the classical operators. */
const modelSpec = z.object({
  /** Names as a provider knows them; the bandit divides the calls among them. */
  models: z.array(z.string().min(1).max(100)).min(1),
  /** Dollars for the whole run, worst case of pending calls included. */
  budget_usd: z.number().nonnegative(),
  /** Best-of-N, the control: the same calls, whose prompts say nothing of what was measured. */
  control: z.boolean(),
  /** With control: calls of the run that it is the control of. */
  calls: z.int().nonnegative().optional(),
  /** The run that this one repeats, whose models' answers are taken from the lineage. */
  repeats: z.string().optional(),
});
export type ModelSpec = z.infer<typeof modelSpec>;

/** Configurations known to be good, from outside the run: they are measured before they count. */
const knownGood = z.object({
  configurations: z.array(
    z.object({
      /** Value indices in parameter order. */
      genes: z.array(z.int().nonnegative()),
      /** The run that measured it; null: the kernel's definition names it. */
      run: z.string().nullable(),
    }),
  ),
  /** By a niche's key, places in `configurations` in the order in which the niche tries them. */
  order: z.record(z.string(), z.array(z.int().nonnegative())),
});
export type KnownGood = z.infer<typeof knownGood>;

/** Budget of a run that only the clock limits. */
export const UNLIMITED_EVALUATIONS = 100_000_000;

export const runSpec = z.object({
  run: z.string(),
  /** `hash` of the kernel's package, `definition` of its definition's canonical JSON, both in the object store. */
  kernel: z.object({ id: z.string(), title: z.string(), hash: z.string(), definition: z.string() }),
  backend: z.enum(BACKENDS),
  /** Of a recording or a user's function; absent: the speedup against the fastest baseline, or in replay the time. */
  objective: objective.optional(),
  /** Names of the workloads that fitness is the geometric mean over. */
  workloads: z.array(z.string()).min(1),
  seed: z.int().nonnegative(),
  islands: z.array(z.object({ index: z.int().nonnegative(), niche })).min(1),
  topology: z.enum(TOPOLOGIES),
  /** Batches between migrations, and elites sent each time. */
  migrate_every: z.int().positive(),
  migrants: z.int().nonnegative(),
  sync: z.boolean(),
  /** With sync: candidates of each island's batch. */
  batch_size: z.int().positive(),
  /**
   * `random` is the control: uniform sampling without memory of results. `exhaustive` is a recording: the coordinator
   * proposes every configuration itself, and none is stopped early.
   */
  search: z.enum(["default", "random", "exhaustive"]),
  /** Whether the kernel's baselines are candidates from the start; runs of before began with the default alone. */
  baselines_start: z.boolean().optional(),
  /** Whether each of many unordered parameters is expected to matter less; runs of before expected the same of each. */
  sparse_priors: z.boolean().optional(),
  /** Absent: none are known. */
  known_good: knownGood.optional(),
  /** By a niche's key, configurations that are finalists however they fare: what its winner is compared with. */
  rivals: z.record(z.string(), z.array(config)).optional(),
  /** Unique evaluations of the whole run; `UNLIMITED_EVALUATIONS` where only the clock limits it. */
  evaluations: z.int().positive(),
  /** Wall-clock limit, seconds. */
  time_s: z.number().positive().nullable(),
  effort: z.enum(EFFORTS),
  /** Absent: no model is asked. */
  llm: modelSpec.optional(),
  /** SHA-256 of the kernel's own source, whose region evolves too; absent: configurations only. */
  evolves_source: z.string().optional(),
});
export type RunSpec = z.infer<typeof runSpec>;
