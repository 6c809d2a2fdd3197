/** Writes the way from posts and papers over gaps and ideas to kernels. Everything is put, never added twice. */
import { eq, sql } from "drizzle-orm";
import type { ResearchDatabase } from "./database.ts";
import {
  researchGaps as gaps,
  researchIdeas as ideas,
  researchKernels as kernels,
  researchLinks as links,
  researchPosts as posts,
  researchRecords as records,
} from "./schema.ts";

type Row<T extends { $inferInsert: object }> = Omit<T["$inferInsert"], "run">;

export function putRecords(
  db: ResearchDatabase,
  run: string,
  retrieved: readonly Row<typeof records>[],
  threads: readonly Row<typeof posts>[],
): void {
  db.transaction((tx) => {
    for (const record of retrieved)
      tx.insert(records)
        .values({ ...record, run })
        .onConflictDoNothing()
        .run();
    for (const post of threads)
      tx.insert(posts)
        .values({ ...post, run })
        .onConflictDoNothing()
        .run();
  });
}

/** @param rests by gap: ids of the records that it rests on. */
export function putGaps(
  db: ResearchDatabase,
  run: string,
  found: readonly Row<typeof gaps>[],
  rests: Readonly<Record<string, readonly string[]>>,
): void {
  db.transaction((tx) => {
    for (const gap of found)
      tx.insert(gaps)
        .values({ ...gap, run })
        .onConflictDoNothing()
        .run();
    for (const [from, targets] of Object.entries(rests))
      for (const to of targets) tx.insert(links).values({ run, from, to }).onConflictDoNothing().run();
  });
}

/** @param answers by idea: ids of the gaps that it answers. */
export function putIdeas(
  db: ResearchDatabase,
  run: string,
  proposed: readonly Row<typeof ideas>[],
  answers: Readonly<Record<string, readonly string[]>>,
): void {
  db.transaction((tx) => {
    for (const idea of proposed)
      tx.insert(ideas)
        .values({ ...idea, run })
        .onConflictDoNothing()
        .run();
    for (const [from, targets] of Object.entries(answers))
      for (const to of targets) tx.insert(links).values({ run, from, to }).onConflictDoNothing().run();
  });
}

export function setVerdict(
  db: ResearchDatabase,
  run: string,
  idea: string,
  verdict: (typeof ideas.$inferSelect)["verdict"],
): void {
  db.update(ideas)
    .set({ verdict })
    .where(sql`${eq(ideas.run, run)} and ${eq(ideas.id, idea)}`)
    .run();
}

export function putKernel(db: ResearchDatabase, run: string, kernel: Row<typeof kernels>): void {
  const { idea: _idea, ...columns } = kernel;
  db.insert(kernels)
    .values({ ...kernel, run })
    .onConflictDoUpdate({ target: [kernels.run, kernels.idea], set: columns })
    .run();
}
