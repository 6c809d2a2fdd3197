/** Finds the run or candidate that a person means: an id, the beginning of one, or nothing for the latest. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { desc, eq, getTableColumns, sql } from "drizzle-orm";
import { commandFor } from "../command.ts";
import { type LineageDatabase, pathOf } from "../database.ts";
import { candidates, runs } from "../schema.ts";
import { bestOf } from "./best.ts";

export type Run = typeof runs.$inferSelect;
export type CandidateRow = typeof candidates.$inferSelect;

const latestFirst = [desc(runs.createdAt), desc(sql`${runs}.rowid`)];

/**
 * @param text a run's id or the beginning of one; the latest run when omitted.
 * @throws UserError that lists the latest runs when none or several fit.
 */
export function resolveRun(db: LineageDatabase, text?: string): Run {
  const run = findRun(db, text);
  if (run !== undefined) return run;
  if (text === undefined)
    throw new UserError(`The database contains no run yet. Start one with: ${commandFor("start", pathOf(db))}`);
  throw new UserError(`There is no run ${text}. ${latestRuns(db)}`);
}

/**
 * @param text `run/island/batch/index`, where the run may be shortened to a unique beginning;
 *   `island/batch/index` of the latest run; or a run (the latest when omitted), for its best candidate.
 * @throws UserError when no run or candidate is found.
 */
export function resolveCandidate(db: LineageDatabase, text?: string): CandidateRow {
  const parts = text?.split("/") ?? [];
  if (text === undefined || parts.length === 1) return bestCandidate(db, resolveRun(db, text));
  const place = parts.slice(-3);
  if (parts.length < 3 || parts.length > 4 || !place.every((part) => /^\d+$/.test(part))) {
    throw new UserError(`${text} is not a candidate's id. Write run/island/batch/index, or island/batch/index.`, 2);
  }
  const run = resolveRun(db, parts.length === 4 ? parts[0] : undefined);
  const id = [run.id, ...place.map(Number)].join("/");
  const found = db.select().from(candidates).where(eq(candidates.id, id)).get();
  if (found === undefined) {
    const list = commandFor(`lineage top ${run.id}`, pathOf(db));
    throw new UserError(`There is no candidate ${id}. To list candidates of the run: ${list}`);
  }
  return found;
}

function findRun(db: LineageDatabase, text: string | undefined): Run | undefined {
  if (text === undefined) {
    return db
      .select()
      .from(runs)
      .orderBy(...latestFirst)
      .limit(1)
      .get();
  }
  const exact = db.select().from(runs).where(eq(runs.id, text)).get();
  if (exact !== undefined) return exact;
  const beginning = db
    .select(getTableColumns(runs))
    .from(runs)
    .where(sql`substr(${runs.id}, 1, ${text.length}) = ${text} and ${text.length} > 0`)
    .orderBy(...latestFirst)
    .limit(6)
    .all();
  if (beginning.length > 1) {
    const fitting = beginning.map((run) => run.id).join(", ");
    throw new UserError(`Several runs start with ${text}: ${fitting}. Write more of the id.`, 2);
  }
  return beginning[0];
}

function latestRuns(db: LineageDatabase): string {
  const latest = db
    .select()
    .from(runs)
    .orderBy(...latestFirst)
    .limit(5)
    .all();
  if (latest.length === 0) return "The database contains no run yet.";
  return `The latest runs are ${latest.map((run) => `${run.id} (${run.kernel})`).join(", ")}.`;
}

function bestCandidate(db: LineageDatabase, run: Run): CandidateRow {
  const best = bestOf(db, run.id);
  const row = best && db.select().from(candidates).where(eq(candidates.id, best.candidate)).get();
  if (row) return row;
  throw new UserError(
    `Run ${run.id} has no measured candidate, so it has no best. Name a candidate as run/island/batch/index. To see failures: ${commandFor(`lineage failures ${run.id}`, pathOf(db))}`,
  );
}
