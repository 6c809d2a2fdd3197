/** Whether a search was made before. */
import { runSpec } from "@kevo/proto/run.ts";
import { desc, eq, sql } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";
import { runs } from "../schema.ts";

export interface SearchOfKernel {
  /** Hash of the kernel's package. */
  readonly kernel: string;
  readonly seed: number;
  readonly evaluations: number;
  readonly islands: number;
  /** Names, in the definition's order. */
  readonly workloads: readonly string[];
}

export interface RunState {
  readonly id: string;
  readonly status: (typeof runs.$inferSelect)["status"];
}

/** The latest run of this search, in any state, or null. */
export function latestSearch(db: LineageDatabase, wanted: SearchOfKernel): RunState | null {
  const rows = db
    .select({ id: runs.id, status: runs.status, spec: runs.spec })
    .from(runs)
    .where(eq(runs.kernelHash, wanted.kernel))
    .orderBy(desc(sql`${runs}.rowid`))
    .all();
  for (const { id, status, spec } of rows) {
    const { seed, evaluations, islands, workloads } = runSpec.parse(JSON.parse(spec));
    const found = JSON.stringify([seed, evaluations, islands.length, workloads]);
    if (found === JSON.stringify([wanted.seed, wanted.evaluations, wanted.islands, wanted.workloads])) {
      return { id, status };
    }
  }
  return null;
}
