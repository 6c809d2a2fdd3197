/** The results of a run's evaluations, in the order in which they were settled. */
import { asc, eq, sql } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";
import { evaluations } from "../schema.ts";

/** Fitness of each evaluation; null for one that failed. */
export function fitnessHistory(db: LineageDatabase, run: string): (number | null)[] {
  return db
    .select({ outcome: evaluations.outcome, fitness: evaluations.fitness })
    .from(evaluations)
    .where(eq(evaluations.run, run))
    .orderBy(asc(evaluations.createdAt), sql`${evaluations}.rowid`)
    .all()
    .map(({ outcome, fitness }) => (outcome === "ok" ? fitness : null));
}

/** Model of the device that made the first evaluation; null where no evaluation names one. */
export function firstDevice(db: LineageDatabase, run: string): string | null {
  const row = db
    .select({ model: evaluations.deviceModel })
    .from(evaluations)
    .where(eq(evaluations.run, run))
    .limit(1)
    .get();
  return row?.model ?? null;
}
