/**
 * A run that repeats a recorded one: its models' answers and its evaluations come from the lineage, so that it needs
 * neither key nor network nor device. It proposes for itself all the same, and each candidate must be the recorded
 * one: what is repeated is the search, not its result.
 */

import { UserError } from "@kevo/core/errors/user-error.ts";
import type { SearchSpace } from "@kevo/core/search-space/search-space.ts";
import { measurementOfRow } from "@kevo/proto/measurement-codec.ts";
import type { Measurement } from "@kevo/proto/outcome.ts";
import { type RunSpec, runSpec } from "@kevo/proto/run.ts";
import { and, asc, eq, gte } from "drizzle-orm";
import { LedgerState } from "../ledger/ledger-state.ts";
import { readStored } from "../ledger/read-stored.ts";
import type { AcceptedCandidate, EvaluationRecord } from "../ledger/records.ts";
import type { LineageDatabase } from "../lineage/database.ts";
import { type FailedFinalist, failedFinalists } from "../lineage/queries/finalists.ts";
import type { Run } from "../lineage/queries/resolve.ts";
import { candidates, measurements, runs } from "../lineage/schema.ts";
import { type Launch, launch as launchSchema } from "../run/launch.ts";

export interface Repetition {
  readonly spec: RunSpec;
  readonly launch: Launch;
}

/**
 * @param id of the new run.
 * @throws UserError (code 2) that says why the run cannot repeat.
 */
export function repetitionOf(db: LineageDatabase, row: Run, id: string): Repetition {
  const recorded = launchSchema.parse(JSON.parse(row.launch));
  if (recorded.repeats !== undefined) {
    const original = db.select().from(runs).where(eq(runs.id, recorded.repeats)).get();
    if (original === undefined)
      throw cannot(row.id, `it repeats ${recorded.repeats}, which this database does not hold`);
    return repetitionOf(db, original, id);
  }
  const spec = runSpec.parse(JSON.parse(row.spec));
  if (!spec.sync) throw cannot(row.id, "it ran without --sync, so that what came first depended on who was faster");
  if (spec.search === "exhaustive") throw cannot(row.id, "it is a recording, which proposes nothing");
  if (row.status !== "completed" && row.status !== "stopped") {
    throw cannot(row.id, `it is ${row.status}, so that evaluations are missing: resume it first`);
  }
  if (row.accepted === 0) throw cannot(row.id, "it evaluated nothing");
  return {
    spec: { ...spec, run: id, time_s: null, ...(spec.llm && { llm: { ...spec.llm, repeats: row.id } }) },
    launch: { ...recorded, evaluators: [], external_workers: false, nats: null, nats_listen: null, repeats: row.id },
  };
}

function cannot(run: string, why: string): UserError {
  return new UserError(`The run ${run} cannot be repeated: ${why}.`, 2);
}

/** What the recorded run knows of each candidate, under the ids of the run that repeats it. */
export class Recorded {
  /** Evaluations of the recorded run: the repetition is over after as many. */
  readonly evaluations: number;
  readonly #db: LineageDatabase;
  readonly #run: string;
  readonly #repeating: string;
  readonly #byPlace = new Map<string, { genome: string; record: EvaluationRecord | null }>();

  constructor(db: LineageDatabase, run: string, repeating: string, space: SearchSpace) {
    const row = db.select().from(runs).where(eq(runs.id, run)).get();
    if (row === undefined) throw new UserError(`The run ${run} is not in this database any more.`);
    this.#db = db;
    this.#run = run;
    this.#repeating = repeating;
    this.evaluations = row.accepted;
    const state = new LedgerState(runSpec.parse(JSON.parse(row.spec)), space);
    for (const { candidate, record } of readStored(db, state)) {
      this.#byPlace.set(placeOf(candidate.id), { genome: candidate.genome, record });
    }
  }

  /** @throws UserError where the repetition has left the recorded run. */
  evaluationOf({ id, genome, config }: AcceptedCandidate): EvaluationRecord {
    const known = this.#byPlace.get(placeOf(id));
    if (known?.genome !== genome || known.record === null) {
      const found =
        known === undefined ? "nothing" : known.record === null ? "a candidate answered by another" : "another";
      throw new UserError(
        `The repetition left the run ${this.#run} at ${id}: ${found} was recorded where ${JSON.stringify(config)} was proposed. The programs have changed since, or a model's answers are not all recorded.`,
      );
    }
    return { ...known.record, candidate: id, attempt: 0 };
  }

  /** Finalists that were measured again, round by round. */
  remeasurements(): { candidate: string; round: number; measurements: Measurement[] }[] {
    const rows = this.#db
      .select({ row: measurements })
      .from(measurements)
      .innerJoin(candidates, eq(candidates.id, measurements.candidate))
      .where(and(eq(candidates.run, this.#run), gte(measurements.round, 1)))
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

  /** What was said of finalists that failed on fresh inputs. */
  failedFinalists(): FailedFinalist[] {
    return failedFinalists(this.#db, this.#run).map(({ candidate, message }) => ({
      candidate: this.#renamed(candidate),
      message,
    }));
  }

  #renamed(candidate: string): string {
    return `${this.#repeating}/${placeOf(candidate)}`;
  }
}

/** Candidates of both runs, and how many of them are the same in the same place. */
export function sameCandidates(
  db: LineageDatabase,
  run: string,
  recorded: string,
): { candidates: number; same: number } {
  const read = (id: string) =>
    new Map(
      db
        .select({ id: candidates.id, genome: candidates.genome, proposer: candidates.proposer })
        .from(candidates)
        .where(eq(candidates.run, id))
        .all()
        .map((row) => [placeOf(row.id), `${row.genome} ${row.proposer}`]),
    );
  const [own, theirs] = [read(run), read(recorded)];
  const same = [...theirs].filter(([place, what]) => own.get(place) === what).length;
  return { candidates: Math.max(own.size, theirs.size), same };
}

/** `island/batch/index`. */
function placeOf(candidate: string): string {
  return candidate.split("/").slice(-3).join("/");
}
