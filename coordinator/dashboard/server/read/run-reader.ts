/**
 * A run of the database, read as it grows: rows of SQLite tables are only added, so each look reads those that are new.
 */
import type { Outcome } from "@kevo/proto/outcome.ts";
import { proposerName } from "@kevo/proto/proposer.ts";
import { type RunSpec, runSpec } from "@kevo/proto/run.ts";
import type { Run } from "../../../lineage/queries/resolve.ts";
import type { ReadOnlyLineage } from "../../../lineage/read-only.ts";
import { runObjective } from "../../../lineage/run-objective.ts";
import { type CandidateRecord, type EvaluationRecord, RunTable } from "../../model/run-table.ts";
import { RunView } from "../../model/run-view.ts";
import { elapsedAt, type Session, sessionsOf } from "../../model/timeline.ts";
import { type Values, valuesOf } from "../../model/value.ts";
import { RunRows } from "./run-rows.ts";

type EvaluationRow = [
  ...[rowid: number, candidate: string, outcome: Outcome, fitness: number | null, timeMs: number | null],
  ...[laneMs: number | null, early: number, createdAt: number, device: string | null, toolchain: string | null],
];
type CandidateRow = [
  ...[rowid: number, island: number, batch: number, position: number, proposer: string, config: string],
  ...[evolved: number, answeredBy: string | null, createdAt: number],
];

export interface StoredEvent {
  readonly id: number;
  readonly kind: string;
  readonly message: string;
  readonly data: string | null;
  readonly at: number;
}

export class RunReader {
  readonly run: string;
  readonly table: RunTable;
  readonly #lineage: ReadOnlyLineage;
  readonly #candidates: RunRows;
  /** As they are stored. */
  readonly evaluations: RunRows;
  #measurement = 0;
  #migration = 0;
  #event = 0;
  readonly events: StoredEvent[] = [];
  /** Rounds on fresh inputs, by candidate. */
  readonly rounds = new Map<string, number>();
  /** Results by device model, and by toolchain. */
  readonly devices = new Map<string, number>();
  readonly toolchains = new Map<string, number>();
  #spec: { readonly text: string; readonly spec: RunSpec } | null = null;
  row: Run;

  constructor(lineage: ReadOnlyLineage, row: Run) {
    this.#lineage = lineage;
    this.run = row.id;
    this.row = row;
    this.table = new RunTable(row.id);
    this.#candidates = new RunRows(lineage, "candidates", row.id);
    this.evaluations = new RunRows(lineage, "evaluations", row.id);
  }

  get spec(): RunSpec {
    // A larger budget changes it.
    if (this.#spec?.text !== this.row.spec) {
      this.#spec = { text: this.row.spec, spec: runSpec.parse(JSON.parse(this.row.spec)) };
    }
    return (this.#spec as { spec: RunSpec }).spec;
  }

  get values(): Values {
    return valuesOf(runObjective(this.spec));
  }

  get sessions(): Session[] {
    const sessions = sessionsOf(this.row.createdAt, this.events, (before) => this.lastSign(before));
    const last = sessions.at(-1);
    const ended = this.row.status === "running" ? null : this.row.endedAt;
    // One of an older version has no events.
    if (last !== undefined && last.to === null && ended !== null) {
      sessions[sessions.length - 1] = { from: last.from, to: Math.max(last.from, ended) };
    }
    return sessions;
  }

  /** Grows with what was measured again. */
  get measurements(): number {
    return this.#measurement;
  }

  view(at: number | undefined): RunView {
    return new RunView(this.table, at);
  }

  /** Seconds that the run had worked at a time of day, as a function: many points ask. */
  clock(): (time: number) => number {
    const { sessions } = this;
    return (time) => elapsedAt(sessions, time);
  }

  refresh(row: Run): void {
    this.row = row;
    this.table.add(this.#newCandidates(), this.#newEvaluations());
    this.#readRounds();
    this.#readMigrations();
    this.#readEvents();
  }

  *#newEvaluations(): Generator<EvaluationRecord, void> {
    const rows = this.evaluations.unread(
      "rowid, candidate, outcome, fitness, time_ms, lane_ms, stopped_early, created_at, device_model, toolchain",
    ) as Iterable<EvaluationRow>;
    for (const [, candidate, outcome, fitness, timeMs, laneMs, early, createdAt, device, toolchain] of rows) {
      increment(this.devices, device);
      increment(this.toolchains, toolchain);
      yield { candidate, outcome, fitness, timeMs, laneMs, stoppedEarly: early === 1, createdAt };
    }
  }

  *#newCandidates(): Generator<CandidateRecord, void> {
    const rows = this.#candidates.unread(
      "rowid, island, batch, position, proposer, config, source is not null, answered_by, created_at",
    ) as Iterable<CandidateRow>;
    for (const [, island, batch, position, proposer, config, evolved, answeredBy, createdAt] of rows) {
      const named = proposerName(proposer);
      yield { island, batch, position, proposer: named, config, evolved: evolved === 1, answeredBy, createdAt };
    }
  }

  #readRounds(): void {
    const { sqlite } = this.#lineage;
    const newest = sqlite.prepare("select max(rowid) from measurements").pluck().get() as number | null;
    if (newest === null || newest <= this.#measurement) return;
    // All of a run are found by its candidates' names; later the few that are new, by their rows.
    const how = this.#measurement === 0 ? "" : "not indexed";
    const rows = sqlite
      .prepare(
        `select candidate, max(round) from measurements ${how}
         where rowid > ? and round > 0 and candidate >= ? and candidate < ? group by candidate`,
      )
      .raw()
      .all(this.#measurement, `${this.run}/`, `${this.run}0`) as [string, number][];
    for (const [candidate, rounds] of rows) this.rounds.set(candidate, rounds);
    this.#measurement = newest;
  }

  #readMigrations(): void {
    const rows = this.#lineage.sqlite
      .prepare("select rowid, candidate, origin from migrations where rowid > ? and run = ? order by rowid")
      .raw()
      .all(this.#migration, this.run) as [number, string, string][];
    for (const [rowid, candidate, origin] of rows) {
      this.#migration = rowid;
      const row = this.table.rowOf(candidate);
      if (row !== null) this.table.origins.set(row, origin);
    }
  }

  #readEvents(): void {
    const rows = this.#lineage.sqlite
      .prepare("select id, kind, message, data, created_at as at from events where id > ? and run = ? order by id")
      .all(this.#event, this.run) as StoredEvent[];
    for (const event of rows) {
      this.#event = event.id;
      this.events.push(event);
    }
  }

  /** Time of day of the last thing that was stored before a time. */
  lastSign(before: number): number {
    const { table } = this;
    let last = this.row.createdAt;
    for (let n = table.evaluations - 1; n >= 0; n--) {
      const at = table.evaluatedAt.get(table.counted.get(n));
      if (at >= before) continue;
      last = at;
      break;
    }
    return last;
  }
}

function increment(counts: Map<string, number>, name: string | null): void {
  if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** Names, the most frequent first. */
export function byFrequency(counts: ReadonlyMap<string, number>): string[] {
  return [...counts].sort((a, b) => b[1] - a[1]).map(([name]) => name);
}
