/** The data that the stages pass to each other. All of it is stored, so all of it has schemas. */
import { z } from "zod";
import { threadSummary } from "../sources/literature.ts";
import { coverage, STATUSES } from "../sources/source.ts";

/** The statement of one record, in one sentence, with its quote. Later stages see claims only. */
export const claim = z.object({
  /** `c1`, `c2`, … in the order of the records. */
  id: z.string(),
  record: z.string(),
  kind: z.enum(["method", "result", "problem", "proposal"]),
  text: z.string(),
  /** Stands in the record, word by word. */
  quote: z.string(),
});
export type Claim = z.infer<typeof claim>;

/** Something that was kept from the models, or was refused when it came from one. */
export const incident = z.object({
  /**
   * `suspicious`: reads like an instruction. `unsupported`: a quote or citation that is not there. `unanswered`: a model
   * refused to read it, or gave no answer that fits.
   */
  kind: z.enum(["suspicious", "unsupported", "unanswered"]),
  record: z.string(),
  post: z.string().nullable(),
  rule: z.string(),
  excerpt: z.string(),
  /** Describes what was done. */
  action: z.string(),
});
export type Incident = z.infer<typeof incident>;

const supported = z.object({ text: z.string(), claims: z.array(z.string()), records: z.array(z.string()) });

/** `LiteratureSummary`: each statement with the ids that support it. */
export const literatureSummary = z.object({
  domain: z.string(),
  key_papers: z.array(z.object({ record: z.string(), title: z.string(), url: z.string(), why: z.string() })),
  research_gaps: z.array(supported),
  x_threads: z.array(threadSummary),
  open_problems: z.array(supported),
  recent_trends: z.array(supported),
});
export type LiteratureSummary = z.infer<typeof literatureSummary>;

export const gap = z.object({
  /** `gap-1-1`: round and number. */
  id: z.string(),
  title: z.string(),
  description: z.string(),
  kind: z.enum(["discussed_not_implemented", "combination", "unmeasured", "limitation"]),
  claims: z.array(z.string()).min(1),
  records: z.array(z.string()).min(1),
});
export type Gap = z.infer<typeof gap>;

export const ideaParameter = z.object({
  name: z.string(),
  type: z.enum(["ordinal", "categorical", "boolean"]),
  description: z.string(),
  /** Of ordinal from small to large; empty for boolean. */
  values: z.array(z.union([z.number(), z.string()])),
});

export const idea = z.object({
  /** `idea-1-1`: round and number. */
  id: z.string(),
  title: z.string(),
  description: z.string(),
  novelty: z.string(),
  implementation_sketch: z.string(),
  expected_outcome: z.string(),
  risk_level: z.enum(["low", "medium", "high"]),
  /** The kernel definition's parameters. */
  configuration_space: z.array(ideaParameter),
  /** 0 to 1, as the model predicts. */
  feasibility_score: z.number(),
  novelty_score: z.number(),
  /** Gaps that it answers. */
  gaps: z.array(z.string()).min(1),
  /** Kernel of the library that it builds upon. */
  base_kernel: z.string(),
  /** The part that must be new for the idea to be new; searched again. */
  claims_to_check: z.array(z.string()).min(1),
});
export type Idea = z.infer<typeof idea>;

const VERDICTS = ["novel", "not_novel", "insufficient_evidence"] as const;

export const nearestWork = z.object({
  record: z.string(),
  title: z.string(),
  url: z.string(),
  claim: z.string(),
  /** Stands in the record, word by word. */
  quote: z.string(),
  overlap: z.string(),
  difference: z.string(),
  /** `same` work makes a claim not new. */
  relation: z.enum(["same", "partial", "different"]),
});

export const novelty = z.object({
  idea: z.string(),
  verdict: z.enum(VERDICTS),
  /** Why, in one sentence. */
  reason: z.string(),
  nearest: z.array(nearestWork),
  /** Each search that was made for each claim, and how far it looked. */
  coverage: z.array(
    z.object({
      claim: z.string(),
      source: z.string(),
      status: z.enum(STATUSES),
      reason: z.string().nullable(),
      found: z.int().nonnegative(),
      coverage,
    }),
  ),
  cost_usd: z.number(),
});
export type Novelty = z.infer<typeof novelty>;

/** How a check ended: `ok`, or why not; `skipped` says why it could not be made. */
export const check = z.object({ status: z.enum(["ok", "failed", "skipped"]), message: z.string() });
export type Check = z.infer<typeof check>;

export const implementation = z.object({
  idea: z.string(),
  status: z.enum(["ok", "failed"]),
  kernel: z.string(),
  base_kernel: z.string(),
  /** Of the last try: path and content, as they lie in the kernel's folder. */
  files: z.array(z.object({ path: z.string(), content: z.string() })),
  /** Hash of the package; null without one. */
  hash: z.string().nullable(),
  tries: z.array(z.object({ problem: z.string().nullable() })),
  /** The kernel in the evaluator's sandbox, against the library's reference. */
  kernel_check: check,
  /** The PyTorch module against the same reference. */
  module_check: check,
});
export type Implementation = z.infer<typeof implementation>;

const workloadResult = z.object({
  workload: z.string(),
  device: z.string(),
  time_ms: z.number(),
  first_ms: z.number().nullable(),
  speedup: z.number().nullable(),
  speedup_low: z.number().nullable(),
  speedup_high: z.number().nullable(),
  gflops: z.number().nullable(),
  peak_share: z.number().nullable(),
  /** Time of the library's own kernel by default on the same machine; null where it was not measured. */
  library_ms: z.number().nullable(),
});

export const optimisation = z.object({
  idea: z.string(),
  kernel: z.string(),
  hash: z.string(),
  /** The lineage's run. */
  run: z.string(),
  candidate: z.string().nullable(),
  config: z.record(z.string(), z.unknown()),
  /** Of the best against the first implementation, geometric mean; null where nothing was measured. */
  speedup: z.number().nullable(),
  speedup_low: z.number().nullable(),
  speedup_high: z.number().nullable(),
  workloads: z.array(workloadResult),
  evaluations: z.record(z.string(), z.number()),
  /** Of each evaluation in order: its speedup, null where it failed. */
  history: z.array(z.number().nullable()),
  failures: z.array(z.object({ outcome: z.string(), message: z.string(), count: z.number() })),
  elapsed_s: z.number(),
});
export type Optimisation = z.infer<typeof optimisation>;

/** The lessons of a round: input of the next one, and the results with which predictions are compared. */
const outcome = z.object({
  idea: z.string(),
  title: z.string(),
  base_kernel: z.string(),
  predicted_feasibility: z.number(),
  /** `rejected` by novelty or feasibility, `failed` to be implemented, or `measured`. */
  status: z.enum(["rejected", "failed", "measured"]),
  speedup: z.number().nullable(),
  /** Of the evolved kernel against the library's own default; above 1 is faster. */
  against_library: z.number().nullable(),
  lesson: z.string(),
});
export type Outcome = z.infer<typeof outcome>;
