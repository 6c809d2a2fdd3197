/** A run that another one repeats: its outcomes, by the place of each candidate. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { measurementOfRow } from "@kevo/proto/measurement-codec.ts";
import type { ReportedMeasurement } from "@kevo/proto/outcome.ts";
import { and, asc, eq, gte } from "drizzle-orm";
import { readRecords } from "../ledger/read-stored.ts";
import type { AcceptedCandidate, EvaluationRecord } from "../ledger/records.ts";
import type { LineageDatabase } from "../lineage/database.ts";
import { type FailedFinalist, failedFinalists } from "../lineage/queries/finalists.ts";
import { candidates, measurements, runs } from "../lineage/schema.ts";
import { placeOf } from "./place.ts";

/** The recorded run's results of each candidate, under the ids of the run that repeats it. */
export class RecordedRun {
  /** Evaluations of the recorded run: the repetition is over after as many. */
  readonly evaluations: number;
  readonly #db: LineageDatabase;
  readonly run: string;
  readonly #repeating: string;
  readonly #byPlace = new Map<string, { genome: string; record: EvaluationRecord | null }>();

  constructor(db: LineageDatabase, run: string, repeating: string) {
    const row = db.select().from(runs).where(eq(runs.id, run)).get();
    if (row === undefined) throw new UserError(`The run ${run} is no longer in this database.`);
    this.#db = db;
    this.run = run;
    this.#repeating = repeating;
    this.evaluations = row.accepted;
    for (const { candidate, record } of readRecords(db, run)) {
      this.#byPlace.set(placeOf(candidate.id), { genome: candidate.genome, record });
    }
  }

  /** @throws UserError where the repetition has left the recorded run. */
  evaluationOf({ id, genome, config }: AcceptedCandidate): EvaluationRecord {
    const known = this.#byPlace.get(placeOf(id));
    if (known?.genome !== genome || known.record === null) {
      const found =
        known === undefined ? "nothing" : known.record === null ? "a candidate with the result of another" : "another";
      throw new UserError(
        `The repetition differs from the run ${this.run} at ${id}: ${JSON.stringify(config)} was proposed, but ${found} was recorded. Either the programs have changed since then, or not all answers of the models were recorded.`,
      );
    }
    return { ...known.record, candidate: id, attempt: 0 };
  }

  /** Finalists that were measured again, round by round. */
  remeasurements(): { candidate: string; round: number; measurements: ReportedMeasurement[] }[] {
    const rows = this.#db
      .select({ row: measurements })
      .from(measurements)
      .innerJoin(candidates, eq(candidates.id, measurements.candidate))
      .where(and(eq(candidates.run, this.run), gte(measurements.round, 1)))
      .orderBy(asc(measurements.round), asc(measurements.candidate))
      .all();
    const rounds = Map.groupBy(rows, ({ row }) => `${row.candidate} ${row.round}`);
    return [...rounds.values()].map((group) => {
      const { candidate, round } = (group[0] as (typeof group)[number]).row;
      return {
        candidate: this.#renamed(candidate),
        round,
        measurements: group.map(({ row }) => measurementOfRow(row)),
      };
    });
  }

  /** Messages of finalists that failed on fresh inputs. */
  failedFinalists(): FailedFinalist[] {
    return failedFinalists(this.#db, this.run).map(({ candidate, message }) => ({
      candidate: this.#renamed(candidate),
      message,
    }));
  }

  #renamed(candidate: string): string {
    return `${this.#repeating}/${placeOf(candidate)}`;
  }
}
