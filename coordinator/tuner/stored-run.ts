/** A tuner's run as the database has it. */
import { existsSync } from "node:fs";
import { runSpec } from "@kevo/proto/run.ts";
import { type Config, config } from "@kevo/proto/search-space.ts";
import { and, asc, desc, eq, or, sql } from "drizzle-orm";
import { z } from "zod";
import { openReadOnly } from "../lineage/read-only.ts";
import { candidates, evaluations, runs } from "../lineage/schema.ts";

export interface StoredRun {
  readonly id: string;
  readonly kernel: string;
  readonly status: string;
  readonly accepted: number;
  readonly maxEvaluations: number;
  /** The folder of its definition. */
  readonly folder: string | null;
}

export interface StoredEvaluation {
  readonly config: Config;
  readonly outcome: string;
  readonly fitness: number | null;
  readonly message: string | null;
  readonly seconds: number | null;
  readonly candidate: string;
}

const launch = z.looseObject({ kernel: z.string().optional() });

/** The latest run with this id, or else of this kernel; null when there is none. */
export function findRun(database: string, name: string, kernel: string): StoredRun | null {
  if (!existsSync(database)) return null;
  const open = openReadOnly(database);
  try {
    const row = open.db
      .select()
      .from(runs)
      .where(and(eq(runs.backend, "objective"), or(eq(runs.id, name), eq(runs.kernel, kernel))))
      .orderBy(desc(sql`${runs.id} = ${name}`), desc(sql`rowid`))
      .limit(1)
      .get();
    if (row === undefined) return null;
    return {
      ...{ id: row.id, kernel: row.kernel, status: row.status, accepted: row.accepted },
      maxEvaluations: runSpec.parse(JSON.parse(row.spec)).evaluations,
      folder: launch.parse(JSON.parse(row.launch)).kernel ?? null,
    };
  } finally {
    open.close();
  }
}

/** All evaluations of a run in the order in which they were counted. */
export function evaluationsOf(database: string, run: string): StoredEvaluation[] {
  const open = openReadOnly(database);
  try {
    return open.db
      .select({
        ...{ config: candidates.config, outcome: evaluations.outcome, fitness: evaluations.fitness },
        ...{ message: evaluations.message, laneMs: evaluations.laneMs, candidate: candidates.id },
      })
      .from(evaluations)
      .innerJoin(candidates, eq(candidates.id, evaluations.candidate))
      .where(eq(evaluations.run, run))
      .orderBy(asc(evaluations.createdAt), asc(sql`${evaluations}.rowid`))
      .all()
      .map(({ laneMs, ...row }) => ({
        ...row,
        config: config.parse(JSON.parse(row.config)),
        seconds: laneMs === null ? null : laneMs / 1000,
      }));
  } finally {
    open.close();
  }
}
