/**
 * The control of a run with language models: best-of-N. It makes the calls that the other run made, but its prompts
 * say nothing of what was measured, nothing is derived from good candidates, and no elites travel.
 */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { logEntry } from "@kevo/proto/log.ts";
import { fitnessOfValue } from "@kevo/proto/objective.ts";
import { type RunSpec, runSpec } from "@kevo/proto/run.ts";
import { and, desc, eq, like, ne, sql } from "drizzle-orm";
import type { LineageDatabase } from "../lineage/database.ts";
import { bestOf } from "../lineage/queries/best.ts";
import { spentUsd } from "../lineage/queries/spend.ts";
import { log, runs } from "../lineage/schema.ts";

/** The same in both: what decides how good a result can be. */
function sameTask(a: RunSpec, b: RunSpec): boolean {
  const task = ({ kernel, backend, workloads, evaluations, islands, effort, llm }: RunSpec) =>
    JSON.stringify([kernel.hash, backend, workloads, evaluations, islands, effort, llm?.models]);
  return task(a) === task(b);
}

/** The latest complete run of the same task that is, or is not, a control. */
function counterpartOf(db: LineageDatabase, spec: RunSpec, control: boolean): RunSpec | null {
  const rows = db
    .select({ spec: runs.spec })
    .from(runs)
    .where(and(eq(runs.kernelHash, spec.kernel.hash), eq(runs.status, "completed"), ne(runs.id, spec.run)))
    .orderBy(desc(sql`${runs}.rowid`))
    .all();
  for (const row of rows) {
    const other = runSpec.parse(JSON.parse(row.spec));
    if (other.llm?.control === control && other.llm.repeats === undefined && sameTask(spec, other)) return other;
  }
  return null;
}

/** Questions to models that a run's logs tell of. */
function questionsAsked(db: LineageDatabase, run: string): number {
  let asked = 0;
  const rows = db
    .select({ entry: log.entry })
    .from(log)
    .where(and(eq(log.run, run), like(log.entry, '%"calls":[%')))
    .all();
  for (const row of rows) {
    const entry = logEntry.parse(JSON.parse(row.entry));
    if (entry.type === "asked") asked += entry.calls?.length ?? 0;
  }
  return asked;
}

interface Side {
  readonly run: string;
  readonly speedup: number | null;
  readonly time_ms: number | null;
  /** The objective of a recording; absent where that is the time. */
  readonly value?: number | undefined;
  readonly calls: number;
  readonly usd: number;
}

/** The value of evolution: the best of a run, relative to that of its control with the same calls. */
export interface WorthOfEvolution {
  readonly evolved: Side;
  readonly control: Side;
  /** How much faster the evolved one is; below 1 it is slower. */
  readonly ratio: number;
}

/** Null for a run without models, and until both it and its counterpart have a best and asked a model. */
export function worthOfEvolution(db: LineageDatabase, spec: RunSpec): WorthOfEvolution | null {
  if (spec.llm === undefined) return null;
  const other = counterpartOf(db, spec, !spec.llm.control);
  if (other === null) return null;
  const [own, others] = [sideOf(db, spec.run), sideOf(db, other.run)];
  // One that no answer reached was no control, only random samples.
  if (own === null || others === null || own.calls === 0 || others.calls === 0) return null;
  const [evolved, control] = spec.llm.control ? [others, own] : [own, others];
  const ratio = ratioOf(spec, evolved, control);
  return ratio === null ? null : { evolved, control, ratio };
}

function ratioOf({ objective }: RunSpec, evolved: Side, control: Side): number | null {
  if (objective !== undefined) {
    const [a, b] = [evolved.value ?? null, control.value ?? null];
    return a === null || b === null ? null : fitnessOfValue(a, objective) / fitnessOfValue(b, objective);
  }
  if (evolved.speedup !== null && control.speedup !== null) return evolved.speedup / control.speedup;
  return evolved.time_ms === null || control.time_ms === null ? null : control.time_ms / evolved.time_ms;
}

function sideOf(db: LineageDatabase, run: string): Side | null {
  const best = bestOf(db, run);
  if (best === null) return null;
  const { speedup, time_ms, objective } = best;
  return {
    run,
    speedup,
    time_ms,
    ...(objective !== undefined && { value: objective.value }),
    calls: questionsAsked(db, run),
    usd: spentUsd(db, run),
  };
}

/** @throws UserError (code 2) where no run exists that it could be the control of. */
export function asControl(db: LineageDatabase, spec: RunSpec): RunSpec {
  if (spec.llm === undefined || !spec.llm.control) return spec;
  const other = counterpartOf(db, spec, false);
  if (other === null) {
    throw new UserError(
      "--llm-control makes as many calls as an earlier run, but this database has no complete run with the same kernel, workloads, evaluations, islands and models. Start that run first, without --llm-control.",
      2,
    );
  }
  const calls = questionsAsked(db, other.run);
  return { ...spec, search: "random", topology: "none", migrants: 0, llm: { ...spec.llm, calls } };
}
