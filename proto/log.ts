/**
 * One island's numbered log. Entry 0 is `opened`; numbers grow by one without gaps. An island's state is the
 * fold of its log, and nothing else changes it. The coordinator is the only writer.
 */
import { z } from "zod";
import { outcome, reportedFields } from "./outcome.ts";
import { proposer } from "./proposer.ts";
import { runSpec } from "./run.ts";
import { config } from "./search-space.ts";
import { WIRE_VERSION } from "./version.ts";

/** Why a candidate was proposed; what a model wrote is cut to this. */
export const MAX_REASON_CHARACTERS = 2_000;

/** A candidate as its island proposes it: position in the batch, genome, provenance. */
export const proposal = z.object({
  config,
  /** SHA-256 of evolved source in the object store; null while only the configuration evolves. */
  source: z.string().nullable(),
  proposer,
  /** Candidate ids of the parents, of this island or, for a migrant, of its origin. */
  parents: z.array(z.string()).max(8),
  /** A short reason, for lineage. */
  reason: z.string().max(MAX_REASON_CHARACTERS).nullable(),
  /** Id of the model's call that it came from; absent where no model was asked. */
  call: z.string().max(200).optional(),
});
export type Proposal = z.infer<typeof proposal>;

/** The cost of a model's call, and the arm of the bandit that made it. */
export const madeCall = z.object({
  id: z.string().min(1).max(200),
  model: z.string(),
  /** Of the prompt. */
  variant: z.string(),
  /** Dollars; the worst case where the cost is not known. */
  usd: z.number().nonnegative(),
});
export type MadeCall = z.infer<typeof madeCall>;

/** `run/island/batch/index`; also the id of its evaluation. */
export const candidateId = z.string().regex(/^[^/]+\/\d+\/\d+\/\d+$/);

const candidate = proposal.extend({
  id: candidateId,
  index: z.int().nonnegative(),
  /** Hash of the genome: SHA-256 of the canonical JSON of {config, source}. */
  genome: z.string(),
});
export type Candidate = z.infer<typeof candidate>;

const entry = {
  v: z.literal(WIRE_VERSION),
  run: z.string(),
  island: z.int().nonnegative(),
  /** Position in this island's log. */
  n: z.int().nonnegative(),
};

const openedEntry = z.object({ ...entry, type: z.literal("opened"), spec: runSpec });
export const askedEntry = z.object({
  ...entry,
  type: z.literal("asked"),
  /** Batch number, from 0 without gaps. */
  k: z.int().nonnegative(),
  /** The accepted proposals; a budget cut shortens them. A candidate whose proposer is `migrant` was adopted from `parents[0]`. */
  candidates: z.array(candidate),
  /** Calls of models that ended since the batch before, fruitless ones too. */
  calls: z.array(madeCall).optional(),
  /** Of the lease under which a worker offered the batch; absent for a person's configuration, and in older logs. */
  epoch: z.int().positive().optional(),
});
const evaluatedEntry = z.object({
  ...entry,
  type: z.literal("evaluated"),
  candidate: candidateId,
  outcome,
  /** Answered from an earlier evaluation of the same genome in this run; costs no budget. */
  cached: z.boolean(),
  /**
   * Larger is better: geometric mean of speedups over the niche's workloads; in replay 1 / time_ms, or what
   * the recording was tuned for. Positive but for objectives of any sign. Null unless ok.
   */
  fitness: z.number().nullable(),
  /** Geometric mean of the workloads' times, milliseconds. Null unless ok, and where a recording has none. */
  time_ms: z.number().positive().nullable(),
  measurements: z.array(
    reportedFields
      .pick({ workload: true, time_ms: true, speedup: true })
      .extend({ peak_share: reportedFields.shape.peak_share.optional() }),
  ),
  /** First lines of the failure. */
  message: z.string().nullable(),
  /** Device model that measured it. */
  device: z.string().nullable(),
});
export const logEntry = z.discriminatedUnion("type", [openedEntry, askedEntry, evaluatedEntry]);
export type OpenedEntry = z.infer<typeof openedEntry>;
export type AskedEntry = z.infer<typeof askedEntry>;
export type EvaluatedEntry = z.infer<typeof evaluatedEntry>;
export type LogEntry = z.infer<typeof logEntry>;
