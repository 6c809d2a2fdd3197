/** The code that a candidate was compiled from, where code evolves, and what sets two of them apart. */
import { runSpec } from "@kevo/proto/run.ts";
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import { eq } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";
import { type candidates, evolvedSources, runs } from "../schema.ts";

type CandidateRow = typeof candidates.$inferSelect;
const evolving = runSpec.pick({ evolves_source: true });

/** Its evolved code, or the kernel's own; null in a run in which code does not evolve. */
export function codeTextOf(db: LineageDatabase, row: CandidateRow): string | null {
  const hash = row.source ?? originalOf(db, row.run);
  if (hash === null) return null;
  return (
    db.select({ text: evolvedSources.text }).from(evolvedSources).where(eq(evolvedSources.hash, hash)).get()?.text ??
    null
  );
}

/** Unified, three lines around each change; null for equal texts. */
export function codeDifference(db: LineageDatabase, a: CandidateRow, b: CandidateRow): string | null {
  const [before, after] = [codeTextOf(db, a), codeTextOf(db, b)];
  if (before === null || after === null || before === after) return null;
  return createTwoFilesPatch(a.id, b.id, before, after, undefined, undefined, {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
  });
}

function originalOf(db: LineageDatabase, run: string): string | null {
  const row = db.select({ spec: runs.spec }).from(runs).where(eq(runs.id, run)).get();
  return row === undefined ? null : (evolving.parse(JSON.parse(row.spec)).evolves_source ?? null);
}
