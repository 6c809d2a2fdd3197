/** The request of a research run: fixed when it starts, and stored for a resume and a recording. */
import { z } from "zod";

/** Characters of what a user says. */
export const MAX_LENGTH = { domain: 400, constraints: 2_000 } as const;

export const researchOptions = z.object({
  domain: z.string().min(3).max(MAX_LENGTH.domain),
  /** `discover` ends with the validated ideas; `optimise-prompts` begins with those of earlier runs. */
  goal: z.enum(["run", "discover", "optimise-prompts"]),
  rounds: z.int().min(1).max(20),
  /** Dollars for models and sources together. */
  budget_usd: z.number().nonnegative(),
  backend: z.enum(["cpu", "triton"]),
  /** Asked for in each round. */
  ideas: z.int().min(1).max(12),
  /** Of each round, at most this many novel and feasible ideas become kernels. */
  implement: z.int().min(1).max(6),
  /** The constraints on an idea, in the user's own text; may be empty. */
  constraints: z.string().max(MAX_LENGTH.constraints),
  /** Gaps, ideas and code; and everything else. Null: what the environment's key gives. */
  model: z.string().nullable(),
  fast_model: z.string().nullable(),
  /** Records wanted of each source. */
  max_results: z.int().min(1).max(200),
  /** Handles on X; empty for the curated ones. */
  authors: z.array(z.string()),
  /** How far back X is searched: seven days, or all of it. */
  archive: z.enum(["recent", "all"]).default("recent"),
  /** ISO dates that literature is limited to. Fixed at the start, so that nothing depends on the day of a resume. */
  since: z.string().nullable(),
  until: z.string().nullable(),
  /** Of the optimisation of each kernel. */
  evaluations: z.int().min(1).max(1_000_000),
  islands: z.int().min(1).max(1024),
  /** Workloads of the kernel that is built upon; empty for all. */
  workloads: z.array(z.string()),
  seed: z.int().nonnegative(),
  /** HOST:PORT of evaluators; empty for a local one. */
  evaluators: z.array(z.string()),
  /** Saved examples for prompts (`optimise-prompts`): absolute path. */
  prompts: z.string().nullable(),
  /** The corpus is made up: said on every page. */
  synthetic: z.boolean(),
});
export type ResearchOptions = z.infer<typeof researchOptions>;
