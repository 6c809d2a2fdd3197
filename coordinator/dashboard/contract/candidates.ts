/** `runs/:run/candidates`, `candidates/*id`, `candidates/*id/ancestry`. */
import { kernelResources } from "@kevo/proto/kernel-resources.ts";
import { OUTCOMES } from "@kevo/proto/outcome.ts";
import { paramValue } from "@kevo/proto/search-space.ts";
import { z } from "zod";
import { about, candidateId, configuration, count, foreignText, measured, moment, objective } from "./common.ts";
import { parameter } from "./runs.ts";

/** An outcome, or `pending` while it has none. */
export const STATUSES = [...OUTCOMES, "pending"] as const;
export const status = z.enum(STATUSES);
export type Status = z.infer<typeof status>;

/** Columns to sort by; beside them `param:NAME`. */
export const SORTS = [
  "value",
  "time_ms",
  "evaluation",
  "island",
  "batch",
  "proposer",
  "status",
  "candidate",
  "lane_ms",
] as const;

/** Characters. A longer filter does not fit an address, and no server would say why. */
export const MAX_FILTER = 2_000;

export const candidatesQuery = z.object({
  at: z.coerce.number().int().nonnegative().optional(),
  /**
   * An expression as in a kernel's constraints over `status`, `island`, `batch`, `evaluation`, `proposer`, `value`,
   * `speedup`, `time_ms`, `cached`, `migrant`, `remeasured` and the parameters: `status == "ok" and value > 1.2 and BLOCK_M >= 64`.
   */
  filter: z.string().max(MAX_FILTER).default(""),
  sort: z.string().max(110).default("value"),
  /** Candidates without the value that is sorted by come last in both. */
  order: z.enum(["best", "worst", "up", "down"]).default("best"),
  offset: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(200),
});
export type CandidatesQuery = z.input<typeof candidatesQuery>;

export const candidateRow = z.object({
  candidate: candidateId,
  island: count,
  batch: count,
  index: count,
  /** Which counted evaluation, from 1; null while it has none, and where another one answered it. */
  evaluation: count.nullable(),
  status,
  proposer: z.string(),
  /** Answered from an earlier evaluation of the same genome. */
  cached: z.boolean(),
  migrant: z.boolean(),
  /** On fresh inputs; of one that is answered from an earlier evaluation, those of that one. */
  rounds: count,
  /** In the unit of the objective. */
  measured: measured.nullable(),
  time_ms: z.number().nullable(),
  lane_ms: z.number().nullable(),
  stopped_early: z.boolean(),
  created_at: moment,
  /** Values in the order of `parameters`. */
  config: z.array(paramValue.nullable()),
  evolved: z.boolean(),
});
export type CandidateRow = z.infer<typeof candidateRow>;

export const candidatesAnswer = z.object({
  about,
  /** Of the run at this position, and those that the filter lets through. */
  total: count,
  matched: count,
  offset: count,
  parameters: z.array(z.string()),
  rows: z.array(candidateRow),
});
export type CandidatesAnswer = z.infer<typeof candidatesAnswer>;

/** A parameter in which a child differs from its parent; null: absent. */
export const change = z.object({ parameter: z.string(), from: paramValue.nullable(), to: paramValue.nullable() });
export type Change = z.infer<typeof change>;

export const workloadTimes = z.object({
  workload: z.string(),
  /** Of how many rounds on fresh inputs; 0: of the evaluation alone. */
  rounds: count,
  time_ms: z.number().nullable(),
  baseline: z.string().nullable(),
  baseline_ms: z.number().nullable(),
  speedup: measured.nullable(),
  gflops: z.number().nullable(),
  /** Of the device's measured peak, 0 to 1. */
  peak_share: z.number().nullable(),
  gbytes_per_s: z.number().nullable(),
  bandwidth_share: z.number().nullable(),
  /** Everything else timed beside it, milliseconds. */
  others: z.record(z.string(), z.number()),
  /** Timed batches, milliseconds; at most 200. */
  samples_ms: z.array(z.number()),
  metrics: z.record(z.string(), z.number()),
});

export const relation = z.object({
  candidate: candidateId,
  status,
  proposer: z.string(),
  island: count,
  value: z.number().nullable(),
  changes: z.array(change),
  /** Whether the code differs. */
  code_changed: z.boolean(),
  /** Unified difference of the code; null where it is the same. */
  code_diff: foreignText.nullable(),
  /** Its value over the parent's, so that more is better; null where either has none. */
  gain: z.number().nullable(),
});

export const candidateAnswer = z.object({
  about,
  objective,
  row: candidateRow,
  parameters: z.array(parameter),
  config: configuration,
  genome: z.string(),
  /** Why it was proposed: a model's words, or the method's. */
  reason: foreignText.nullable(),
  /** Of the model's call; `runs/:run/calls/:call` has it. */
  call: z.string().nullable(),
  answered_by: candidateId.nullable(),
  /** Candidates that its evaluation answered. */
  answers: z.array(candidateId),
  workloads: z.array(workloadTimes),
  /** Compiler output, or what was wrong. */
  message: foreignText.nullable(),
  /** Registers and spilled bytes of a thread, shared memory and warps of a block, of each different kernel of it. */
  resources: z.array(kernelResources),
  /** Conditions of the measurement: clocks, temperature, versions. */
  conditions: z.array(z.record(z.string(), z.unknown())),
  /** Evolved code, whole; null where only the configuration evolves. */
  code: foreignText.nullable(),
  evaluator: z.string().nullable(),
  device: z.string().nullable(),
  device_model: z.string().nullable(),
  toolchain: z.string().nullable(),
  compile_ms: z.number().nullable(),
  queued_ms: z.number().nullable(),
  attempts: z.array(
    z.object({
      attempt: count,
      evaluator: z.string(),
      stage: z.string().nullable(),
      end: z.string().nullable(),
      started_at: moment,
      ended_at: moment.nullable(),
    }),
  ),
  parents: z.array(relation),
  /** At most 50. */
  children: z.array(relation),
  children_total: count,
});
export type CandidateAnswer = z.infer<typeof candidateAnswer>;

export const ancestryQuery = z.object({
  /** Generations at most; the nearest are kept. */
  depth: z.coerce.number().int().min(1).max(200).default(40),
});

export const ancestor = z.object({
  candidate: candidateId,
  /** Fewest generations to the candidate; 0 is itself. */
  depth: count,
  island: count,
  batch: count,
  evaluation: count.nullable(),
  proposer: z.string(),
  status,
  migrant: z.boolean(),
  measured: measured.nullable(),
  config: configuration,
  /** Children in the run, those outside of this graph included. */
  children: count,
});
export type Ancestor = z.infer<typeof ancestor>;

export const descent = z.object({
  parent: candidateId,
  child: candidateId,
  changes: z.array(change),
  code_changed: z.boolean(),
  /** The child's value over the parent's, so that more is better; null where either has none. */
  gain: z.number().nullable(),
});
export type Descent = z.infer<typeof descent>;

export const ancestryAnswer = z.object({
  about,
  candidate: candidateId,
  /** Nearest first; at most 500. */
  nodes: z.array(ancestor),
  edges: z.array(descent),
  /** Of ancestors, also those left out. */
  total: count,
});
export type AncestryAnswer = z.infer<typeof ancestryAnswer>;
