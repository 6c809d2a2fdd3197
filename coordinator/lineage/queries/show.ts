/** Everything that is stored of one candidate. */
import type { KernelResources } from "@kevo/proto/kernel-resources.ts";
import { measurementOfRow } from "@kevo/proto/measurement-codec.ts";
import type { CallRecord } from "@kevo/proto/model-call.ts";
import type { ReportedMeasurement } from "@kevo/proto/outcome.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { and, asc, eq } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";
import { attempts, candidates, evaluations, measurements, migrations, parents } from "../schema.ts";
import { callOf } from "./calls.ts";

export interface StoredMeasurement extends ReportedMeasurement {
  /** 0 belongs to the evaluation; from 1 a finalist's re-measurements. */
  readonly round: number;
}

export interface StoredEvaluation {
  readonly outcome: string;
  readonly fitness: number | null;
  readonly time_ms: number | null;
  readonly message: string | null;
  readonly attempt: number;
  readonly evaluator: string | null;
  readonly device: string | null;
  readonly device_model: string | null;
  readonly toolchain: string | null;
  readonly compile_ms: number | null;
  /** In the exclusive lane: verification and timing. */
  readonly lane_ms: number | null;
  readonly queued_ms: number | null;
  /** Of each different kernel of it; empty where the compiler says nothing. */
  readonly resources: readonly KernelResources[];
  readonly stopped_early: boolean;
}

export interface CandidateDetails {
  readonly candidate: string;
  readonly run: string;
  readonly island: number;
  readonly batch: number;
  readonly index: number;
  readonly genome: string;
  readonly config: Config;
  readonly source: string | null;
  readonly proposer: string;
  readonly reason: string | null;
  /** The language model's call that it came from. */
  readonly call: CallRecord | null;
  /** Milliseconds since 1970. */
  readonly created_at: number;
  readonly parents: readonly string[];
  /** Where it was taken in from, when it is a migrant. */
  readonly migration: { readonly origin: string; readonly from_island: number; readonly to_island: number } | null;
  /** The candidate whose evaluation answered this one; its evaluation and measurements are then shown here. */
  readonly answered_by: string | null;
  /** Candidates that this one's evaluation answered. */
  readonly answers: readonly string[];
  /** Null while it waits for a device. */
  readonly evaluation: StoredEvaluation | null;
  readonly measurements: readonly StoredMeasurement[];
  readonly attempts: readonly {
    readonly attempt: number;
    readonly evaluator: string;
    readonly stage: string | null;
    readonly end: string | null;
    readonly started_at: number;
    readonly ended_at: number | null;
  }[];
}

/** @param row of the candidate, as `resolveCandidate` finds it. */
export function detailsOf(db: LineageDatabase, row: typeof candidates.$inferSelect): CandidateDetails {
  const { id } = row;
  // A twin has no evaluation.
  const measured = row.answeredBy ?? id;
  const migration = db.select().from(migrations).where(eq(migrations.candidate, id)).get();
  return {
    candidate: id,
    run: row.run,
    island: row.island,
    batch: row.batch,
    index: row.position,
    genome: row.genome,
    config: JSON.parse(row.config),
    source: row.source,
    proposer: row.proposer,
    reason: row.reason,
    call: row.call === null ? null : callOf(db, row.call),
    created_at: row.createdAt,
    parents: db
      .select({ parent: parents.parent })
      .from(parents)
      .where(eq(parents.candidate, id))
      .orderBy(asc(parents.position))
      .all()
      .map(({ parent }) => parent),
    migration:
      migration === undefined
        ? null
        : { origin: migration.origin, from_island: migration.fromIsland, to_island: migration.toIsland },
    answered_by: row.answeredBy,
    answers: answersOf(db, row),
    evaluation: evaluationOf(db, measured),
    measurements: measurementsOf(db, measured),
    attempts: db
      .select({
        attempt: attempts.attempt,
        evaluator: attempts.evaluator,
        stage: attempts.stage,
        end: attempts.end,
        started_at: attempts.startedAt,
        ended_at: attempts.endedAt,
      })
      .from(attempts)
      .where(eq(attempts.candidate, id))
      .orderBy(asc(attempts.attempt))
      .all(),
  };
}

function answersOf(db: LineageDatabase, { id, run, genome }: typeof candidates.$inferSelect): string[] {
  return (
    db
      .select({ id: candidates.id })
      .from(candidates)
      // Twins share run and genome, which are indexed.
      .where(and(eq(candidates.run, run), eq(candidates.genome, genome), eq(candidates.answeredBy, id)))
      .orderBy(candidates.createdAt, candidates.id)
      .all()
      .map((twin) => twin.id)
  );
}

export function evaluationOf(db: LineageDatabase, candidate: string): StoredEvaluation | null {
  const found = db
    .select({
      outcome: evaluations.outcome,
      fitness: evaluations.fitness,
      time_ms: evaluations.timeMs,
      message: evaluations.message,
      attempt: evaluations.attempt,
      evaluator: evaluations.evaluator,
      device: evaluations.device,
      device_model: evaluations.deviceModel,
      toolchain: evaluations.toolchain,
      compile_ms: evaluations.compileMs,
      lane_ms: evaluations.laneMs,
      queued_ms: evaluations.queuedMs,
      resources: evaluations.resources,
      stopped_early: evaluations.stoppedEarly,
    })
    .from(evaluations)
    .where(eq(evaluations.candidate, candidate))
    .get();
  return found === undefined ? null : { ...found, resources: JSON.parse(found.resources) };
}

function measurementsOf(db: LineageDatabase, candidate: string): StoredMeasurement[] {
  const rows = db
    .select()
    .from(measurements)
    .where(eq(measurements.candidate, candidate))
    .orderBy(measurements.round, measurements.createdAt, measurements.workload)
    .all();
  return rows.map((row) => ({ round: row.round, ...measurementOfRow(row) }));
}
