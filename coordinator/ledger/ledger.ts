/**
 * The only durable writer of a run: puts what the state decides into SQLite, several steps to a commit, and
 * tells what happened only once it is on the disk.
 */
import type { AttemptEnd } from "@kevo/proto/attempt.ts";
import type { DataArgument, EventKind } from "@kevo/proto/event.ts";
import type { LogEntry } from "@kevo/proto/log.ts";
import type { BatchRequest } from "@kevo/proto/messages/batch.ts";
import type { ReportedMeasurement } from "@kevo/proto/outcome.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { eq, sql } from "drizzle-orm";
import type { OpenLineage } from "../lineage/database.ts";
import * as schema from "../lineage/schema.ts";
import { GroupCommit } from "./group-commit.ts";
import type { IslandLedger } from "./island-ledger.ts";
import type { LedgerState } from "./ledger-state.ts";
import { ModelLedger } from "./model-ledger.ts";
import type { Offer, Refusal } from "./offer.ts";
import { type PastAttempts, readIslands, readPastAttempts, storedCandidates } from "./read-stored.ts";
import { type AcceptedCandidate, type Effects, type EvaluationRecord, type EvolvedSource, NOTHING } from "./records.ts";
import { type AttemptStart, prepareStatements, type SeenEvaluator, type Statements } from "./statements.ts";

export interface LedgerListener {
  /** Entries that the logs now contain, in order. */
  onEntries(entries: readonly LogEntry[]): void;
  /** Candidates that now need a device, in order. */
  onReady(candidates: readonly AcceptedCandidate[]): void;
  /** Another program has locked the database; nothing is stored until it lets go. */
  onLocked?(): void;
}

/** How long the start of an attempt may wait for its end, milliseconds. */
const STARTS_MS = 100;

export class Ledger {
  readonly state: LedgerState;
  /** Dollars and calls of language models. */
  readonly models: ModelLedger;
  readonly #lineage: OpenLineage;
  readonly #statements: Statements;
  readonly #commit: GroupCommit;
  readonly #listener: LedgerListener;
  readonly #run: string;
  #past = new Map<string, PastAttempts>();
  /** Attempts in progress whose start is not stored yet. */
  readonly #started = new Map<string, AttemptStart>();
  #startsDue: NodeJS.Timeout | null = null;
  /** Islands whose logs have grown in this transaction. */
  readonly #touched = new Set<number>();

  constructor(lineage: OpenLineage, state: LedgerState, listener: LedgerListener, onFatal: (e: unknown) => void) {
    this.#lineage = lineage;
    this.state = state;
    this.#listener = listener;
    this.#run = state.spec.run;
    this.#statements = prepareStatements(lineage.db);
    const { sqlite, fence } = lineage;
    this.#commit = new GroupCommit(sqlite, onFatal, () => listener.onLocked?.(), {
      fence,
      finish: () => this.#storeEnds(),
    });
    const { run, llm } = state.spec;
    this.models = new ModelLedger(lineage.db, run, llm?.budget_usd ?? 0, (work) => this.#write(work));
  }

  /**
   * Stores a new run and the first entry of each of its islands' logs.
   * @param launch what a resume needs, JSON.
   * @param source the kernel's own, where code evolves.
   */
  async create(launch: string, source: EvolvedSource | null = null): Promise<void> {
    const { spec, islands } = this.state;
    const { db } = this.#lineage;
    await this.#change(() => {
      const effects = { ...this.state.open(), evolvedSources: source === null ? [] : [source] };
      db.insert(schema.runs)
        .values({
          id: spec.run,
          kernel: spec.kernel.id,
          kernelHash: spec.kernel.hash,
          backend: spec.backend,
          spec: JSON.stringify(spec),
          launch,
          status: "running",
          createdAt: Date.now(),
        })
        .run();
      const rows = islands.map(({ island, niche }) => ({ run: spec.run, island, niche: JSON.stringify(niche) }));
      db.insert(schema.islands).values(rows).run();
      return { effects, answer: undefined };
    });
  }

  /** Takes up a stored run where it stopped: what was accepted and not evaluated becomes ready again. */
  async restore(): Promise<void> {
    await this.#change(() => {
      this.#statements.closeAttempts(this.#run, Date.now());
      readIslands(this.#lineage.db, this.state);
      const effects = this.state.restore(storedCandidates(this.#lineage.db, this.state.spec));
      const open = effects.ready.map(({ id }) => id);
      this.#past = readPastAttempts(this.#lineage.db, open);
      return { effects, answer: undefined };
    });
  }

  /** A worker's batch. Resolves once the answer is true on the disk. */
  offer(request: BatchRequest, window: number): Promise<Offer> {
    return this.#change(() => {
      const answer = this.state.offer(request, window);
      return { effects: answer.effects, answer };
    });
  }

  /** A configuration that a person wants evaluated. Resolves once it is stored. */
  inject(island: number, config: Config, reason: string): Promise<Refusal | { candidate: AcceptedCandidate }> {
    return this.#change(() => {
      const answer = this.state.inject(island, config, reason);
      return { effects: "effects" in answer ? answer.effects : NOTHING, answer };
    });
  }

  /** A larger budget, from now on and for a resumed run. */
  extend(spec: RunSpec): Promise<void> {
    return this.#write(() => {
      this.state.extend(spec);
      const { runs, islands } = schema;
      const own = { spec: JSON.stringify(spec) };
      this.#lineage.db.update(runs).set(own).where(eq(runs.id, this.#run)).run();
      this.#lineage.db.update(islands).set({ exhausted: false }).where(eq(islands.run, this.#run)).run();
    });
  }

  /** An evaluator's result. False, and nothing is written, when the candidate was settled before. */
  settle(record: EvaluationRecord, stage: string | null): Promise<boolean> {
    return this.#change(() => {
      const now = Date.now();
      const effects = this.state.settle(record);
      if (effects === null) return { effects: NOTHING, answer: false };
      this.#statements.evaluation(this.state.spec, record, now);
      this.#statements.measurements(record.candidate, 0, record.measurements, now);
      if (record.attempt > 0) {
        this.#endAttempt(record.candidate, record.attempt, stage, "result");
      }
      return { effects, answer: true };
    });
  }

  /**
   * Stored a moment later, or with the attempt's end where that comes first: a crash in between loses the attempt,
   * and its number is used again.
   */
  startAttempt(candidate: string, attempt: number, evaluator: string): void {
    this.#started.set(`${candidate} ${attempt}`, { candidate, attempt, evaluator, startedAt: Date.now() });
    this.#startsDue ??= setTimeout(() => {
      this.#startsDue = null;
      void this.#write(() => {
        for (const start of this.#started.values()) this.#statements.attempt(start);
        this.#started.clear();
      });
    }, STARTS_MS);
  }

  /** Attempts that earlier sessions made for a candidate that is still open. */
  pastAttempts(candidate: string): PastAttempts {
    return this.#past.get(candidate) ?? { attempts: 0, deaths: 0 };
  }

  endAttempt(candidate: string, attempt: number, stage: string | null, end: AttemptEnd): Promise<void> {
    return this.#write(() => this.#endAttempt(candidate, attempt, stage, end));
  }

  /** A finalist measured again, in round 1 or later. A round is stored once. */
  remeasured(candidate: string, round: number, measurements: readonly ReportedMeasurement[]): Promise<void> {
    return this.#write(() => this.#statements.measurements(candidate, round, measurements, Date.now()));
  }

  /** Hands the island to a worker under a new epoch. */
  lease(island: IslandLedger, worker: string): Promise<number> {
    return this.#write(() => {
      island.epoch++;
      island.worker = worker;
      this.#statements.island(this.#run, island);
      const data = { island: island.island, epoch: island.epoch, worker, batch: island.nextBatch };
      this.#insertEvent("leased", `${worker} leased island ${island.island}`, data);
      return island.epoch;
    });
  }

  release(island: IslandLedger): Promise<void> {
    return this.#write(() => {
      island.worker = null;
      this.#statements.island(this.#run, island);
    });
  }

  event<K extends EventKind>(kind: K, message: string, ...[data]: DataArgument<K>): Promise<void> {
    return this.#write(() => this.#insertEvent(kind, message, data));
  }

  /** Evaluators as they were last heard of. */
  evaluators(found: readonly SeenEvaluator[]): Promise<void> {
    return this.#write(() => {
      for (const each of found) this.#statements.evaluator(this.#run, each, Date.now());
    });
  }

  /** Status of the run; `elapsedMs` of this session is added to the stored one by the caller. */
  status(change: Partial<typeof schema.runs.$inferInsert>): Promise<void> {
    return this.#write(() => {
      this.#lineage.db.update(schema.runs).set(change).where(eq(schema.runs.id, this.#run)).run();
    });
  }

  /** Entries of an island's log from number `from`, at most `limit`. */
  entries(island: number, from: number, limit: number): LogEntry[] {
    const { log } = schema;
    return this.#lineage.db
      .select({ entry: log.entry })
      .from(log)
      .where(sql`${log.run} = ${this.#run} and ${log.island} = ${island} and ${log.n} >= ${from}`)
      .orderBy(log.n)
      .limit(limit)
      .all()
      .map(({ entry }) => JSON.parse(entry) as LogEntry);
  }

  /** Stores the waiting writes; later ones are ignored. The database can be closed then. */
  close(): void {
    if (this.#startsDue !== null) clearTimeout(this.#startsDue);
    this.#commit.close();
  }

  #insertEvent(kind: EventKind, message: string, data: object | undefined): void {
    const row = { run: this.#run, kind, message, data: data === undefined ? null : JSON.stringify(data) };
    this.#lineage.db
      .insert(schema.events)
      .values({ ...row, createdAt: Date.now() })
      .run();
  }

  #endAttempt(candidate: string, attempt: number, stage: string | null, end: AttemptEnd): void {
    const key = `${candidate} ${attempt}`;
    const start = this.#started.get(key);
    const ended = { stage, end, endedAt: Date.now() };
    if (start === undefined) this.#statements.endAttempt({ candidate, attempt, ...ended });
    else this.#statements.attempt({ ...start, ...ended });
    this.#started.delete(key);
  }

  #write<T>(work: () => T): Promise<T> {
    return this.#commit.run(work);
  }

  /** Runs a step of the state, stores its effects in the same transaction, and announces them after the commit. */
  async #change<T>(step: () => { effects: Effects; answer: T }): Promise<T> {
    const { effects, answer } = await this.#commit.run(() => {
      const done = step();
      this.#store(done.effects);
      return done;
    });
    if (effects.entries.length > 0) this.#listener.onEntries(effects.entries);
    if (effects.ready.length > 0) this.#listener.onReady(effects.ready);
    return answer;
  }

  #store({ candidates, entries, evolvedSources }: Effects): void {
    const now = Date.now();
    for (const source of evolvedSources) this.#statements.evolvedSource(source, now);
    for (const candidate of candidates) this.#statements.candidate(this.#run, candidate, now);
    for (const entry of entries) this.#statements.log(entry);
    for (const entry of entries) this.#touched.add(entry.island);
  }

  /** Where the logs and the run now end: once in each transaction, whatever the number of steps in it. */
  #storeEnds(): void {
    if (this.#touched.size === 0) return;
    for (const index of this.#touched) {
      this.#statements.island(this.#run, this.state.islands[index] as IslandLedger);
    }
    this.#touched.clear();
    this.#statements.run(this.#run, this.state.accepted, this.state.leaders.best()?.candidate ?? null);
  }
}
