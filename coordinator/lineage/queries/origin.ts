/**
 * Where a kernel's idea comes from: from its package's hash back to the idea, the gap, and the posts and papers.
 * Tables and columns named here are what the research stage promises to keep (`research-stage/store/schema.ts`).
 */
import type Database from "better-sqlite3";
import { z } from "zod";
import type { ReadOnlyLineage } from "../read-only.ts";
import { attachResearch } from "../research-file.ts";

const kernelIdea = z.object({
  research_run: z.string(),
  domain: z.string(),
  id: z.string(),
  title: z.string(),
  description: z.string(),
  verdict: z.string().nullable(),
  feasibility: z.number(),
});
const gap = z.object({ id: z.string(), title: z.string(), description: z.string() });
const record = z.object({ record: z.string(), kind: z.string(), title: z.string().nullable(), url: z.string() });

interface OriginRecord extends z.infer<typeof record> {
  /** Ids of the posts of a thread. */
  readonly posts: readonly string[];
}

export interface Origin {
  readonly research_run: string;
  readonly domain: string;
  readonly idea: Omit<z.infer<typeof kernelIdea>, "research_run" | "domain">;
  readonly gaps: readonly (z.infer<typeof gap> & { readonly records: readonly OriginRecord[] })[];
}

const IDEA = `
  select r.id as research_run, r.domain, i.id, i.title, i.description, i.verdict, i.feasibility
  from research.research_kernels k
    join research.research_runs r on r.id = k.run
    join research.research_ideas i on i.run = k.run and i.id = k.idea
  where k.kernel_hash = ?`;
const GAPS = `
  select g.id, g.title, g.description
  from research.research_links l join research.research_gaps g on g.run = l.run and g.id = l.to_id
  where l.run = ? and l.from_id = ? order by g.id`;
const RECORDS = `
  select p.id as record, p.kind, p.title, p.url
  from research.research_links l join research.research_records p on p.run = l.run and p.id = l.to_id
  where l.run = ? and l.from_id = ? order by p.id`;
const POSTS = "select id from research.research_posts where run = ? and record = ? order by created_at, id";

/** @returns null for a kernel that no research stage made, and where there is no research database. */
export function originOf(lineage: ReadOnlyLineage, kernelHash: string): Origin | null {
  if (!attachResearch(lineage)) return null;
  const { sqlite } = lineage;
  const found = sqlite.prepare(IDEA).get(kernelHash);
  if (found === undefined) return null;
  const { research_run, domain, ...idea } = kernelIdea.parse(found);
  const gaps = z.array(gap).parse(sqlite.prepare(GAPS).all(research_run, idea.id));
  return {
    research_run,
    domain,
    idea,
    gaps: gaps.map((one) => ({ ...one, records: recordsOf(sqlite, research_run, one.id) })),
  };
}

function recordsOf(sqlite: Database.Database, run: string, gapId: string): OriginRecord[] {
  const posts = sqlite.prepare(POSTS).pluck();
  const records = z.array(record).parse(sqlite.prepare(RECORDS).all(run, gapId));
  return records.map((one) => ({ ...one, posts: z.array(z.string()).parse(posts.all(run, one.record)) }));
}
