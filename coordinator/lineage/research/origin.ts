/** Where a kernel's idea comes from: from its package's hash back to the idea, the gap, and the posts and papers. */
import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { and, eq, inArray } from "drizzle-orm";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { researchPath } from "./database.ts";
import * as schema from "./schema.ts";

export interface OriginRecord {
  readonly record: string;
  readonly kind: string;
  readonly title: string | null;
  readonly url: string;
  /** Ids of the posts of a thread. */
  readonly posts: readonly string[];
}

export interface Origin {
  readonly research_run: string;
  readonly domain: string;
  readonly idea: {
    readonly id: string;
    readonly title: string;
    readonly description: string;
    readonly verdict: string | null;
    readonly feasibility: number;
  };
  readonly gaps: readonly {
    readonly id: string;
    readonly title: string;
    readonly description: string;
    readonly records: readonly OriginRecord[];
  }[];
}

/**
 * @param lineage path of the lineage database; the research database lies beside it.
 * @returns null for a kernel that no research stage made, and where there is no research database.
 */
export function originOf(lineage: string, kernelHash: string): Origin | null {
  const path = researchPath(lineage);
  if (!existsSync(path)) return null;
  const sqlite = new Database(path, { readonly: true, fileMustExist: true, timeout: 5000 });
  try {
    const db = drizzle(sqlite, { schema });
    const { researchIdeas, researchKernels, researchRuns } = schema;
    const found = db
      .select({ idea: researchIdeas, domain: researchRuns.domain })
      .from(researchKernels)
      .innerJoin(researchRuns, eq(researchRuns.id, researchKernels.run))
      .innerJoin(
        researchIdeas,
        and(eq(researchIdeas.run, researchKernels.run), eq(researchIdeas.id, researchKernels.idea)),
      )
      .where(eq(researchKernels.kernelHash, kernelHash))
      .get();
    if (found === undefined) return null;
    const { id, run, title, description, verdict, feasibility } = found.idea;
    return {
      research_run: run,
      domain: found.domain,
      idea: { id, title, description, verdict, feasibility },
      gaps: gapsOf(db, run, id),
    };
  } finally {
    sqlite.close();
  }
}

type Reader = ReturnType<typeof drizzle<typeof schema>>;

function targets(db: Reader, run: string, from: string): string[] {
  const { researchLinks: links } = schema;
  const rows = db
    .select({ to: links.to })
    .from(links)
    .where(and(eq(links.run, run), eq(links.from, from)))
    .all();
  return rows.map(({ to }) => to);
}

function gapsOf(db: Reader, run: string, idea: string): Origin["gaps"] {
  const { researchGaps: gaps, researchPosts: posts, researchRecords: records } = schema;
  const rows = db
    .select()
    .from(gaps)
    .where(and(eq(gaps.run, run), inArray(gaps.id, targets(db, run, idea))))
    .orderBy(gaps.id)
    .all();
  return rows.map(({ id, title, description }) => {
    const cited = db
      .select()
      .from(records)
      .where(and(eq(records.run, run), inArray(records.id, targets(db, run, id))))
      .orderBy(records.id)
      .all();
    return {
      id,
      title,
      description,
      records: cited.map((record) => ({
        record: record.id,
        kind: record.kind,
        title: record.title,
        url: record.url,
        posts: db
          .select({ id: posts.id })
          .from(posts)
          .where(and(eq(posts.run, run), eq(posts.record, record.id)))
          .orderBy(posts.createdAt, posts.id)
          .all()
          .map((post) => post.id),
      })),
    };
  });
}
