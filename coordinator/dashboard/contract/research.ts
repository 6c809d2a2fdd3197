/** `research`, `research/:id`. */
import { z } from "zod";
import { count, foreignText, moment } from "./common.ts";

export const researchSummary = z.object({
  research: z.string(),
  domain: z.string(),
  status: z.enum(["running", "completed", "stopped", "failed"]),
  message: z.string().nullable(),
  created_at: moment,
  ended_at: moment.nullable(),
  records: count,
  gaps: count,
  ideas: count,
  kernels: count,
  usd: z.number(),
  /** Largest of its kernels, against their first implementation. */
  best_speedup: z.number().nullable(),
});
export type ResearchSummary = z.infer<typeof researchSummary>;

export const researchListAnswer = z.object({
  version: z.string(),
  /** Absolute path; null where there is no research database beside the lineage. */
  database: z.string().nullable(),
  research: z.array(researchSummary),
});
export type ResearchListAnswer = z.infer<typeof researchListAnswer>;

export const post = z.object({ post: z.string(), author: z.string().nullable(), at: z.string(), text: foreignText });

export const record = z.object({
  record: z.string(),
  kind: z.string(),
  title: z.string().nullable(),
  /** Only http and https; null for anything else. */
  url: z.string().nullable(),
  sources: z.array(z.string()),
  published_at: z.string().nullable(),
  suspicious: z.boolean(),
  posts: z.array(post),
  /** Claims that were read out of it, where they are stored. */
  claims: z.array(foreignText),
});
export type ResearchRecord = z.infer<typeof record>;

export const gap = z.object({
  gap: z.string(),
  round: count,
  title: z.string(),
  description: foreignText,
  /** Ids of records. */
  records: z.array(z.string()),
});
export type Gap = z.infer<typeof gap>;

export const idea = z.object({
  idea: z.string(),
  round: count,
  title: z.string(),
  description: foreignText,
  feasibility: z.number(),
  novelty: z.number(),
  verdict: z.enum(["novel", "not_novel", "insufficient_evidence"]).nullable(),
  /** Ids of gaps, and of records that speak for or against it. */
  gaps: z.array(z.string()),
  evidence: z.array(z.string()),
  kernel: z
    .object({
      kernel: z.string(),
      kernel_hash: z.string(),
      /** A run of this database; null where none evolved it, or where it is in another database. */
      run: z.string().nullable(),
      best: z.string().nullable(),
      speedup: z.number().nullable(),
    })
    .nullable(),
});
export type Idea = z.infer<typeof idea>;

export const researchAnswer = z.object({
  version: z.string(),
  summary: researchSummary,
  survey: foreignText.nullable(),
  records: z.array(record),
  gaps: z.array(gap),
  ideas: z.array(idea),
  steps: z.array(
    z.object({
      step: z.string(),
      stage: z.string(),
      round: count,
      status: z.enum(["running", "done", "failed"]),
      error: z.string().nullable(),
      usd: z.number(),
      started_at: moment,
      ended_at: moment.nullable(),
    }),
  ),
});
export type ResearchAnswer = z.infer<typeof researchAnswer>;
