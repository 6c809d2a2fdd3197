/**
 * The lineage database: one store of the truth. The coordinator is its only writer.
 * Times of day are milliseconds since 1970; durations carry their unit in the name.
 */
import { ATTEMPT_ENDS } from "@kevo/proto/attempt.ts";
import { RUN_STATUSES } from "@kevo/proto/run-end.ts";
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** One search: kernel, workloads, islands, budget. */
export const runs = sqliteTable("runs", {
  id: text().primaryKey(),
  kernel: text().notNull(),
  kernelHash: text("kernel_hash").notNull(),
  backend: text().notNull(),
  /** RunSpec of the wire, JSON. */
  spec: text().notNull(),
  /** The settings that a resume needs besides the specification (paths, addresses), JSON. */
  launch: text().notNull(),
  status: text({ enum: RUN_STATUSES }).notNull(),
  /** Why it ended as it did, for a person. */
  message: text(),
  /** Evaluations accepted so far: what the budget is cut by. */
  accepted: integer().notNull().default(0),
  best: text(),
  /** The final line of `coordinator start --json`, JSON. */
  result: text(),
  createdAt: integer("created_at").notNull(),
  endedAt: integer("ended_at"),
  /** Wall clock of all sessions together. */
  elapsedMs: integer("elapsed_ms").notNull().default(0),
});

export const islands = sqliteTable(
  "islands",
  {
    run: text()
      .notNull()
      .references(() => runs.id),
    island: integer().notNull(),
    /** Niche of the wire, JSON. */
    niche: text().notNull(),
    /** Grows by one with every lease; a batch under an older one is refused. */
    epoch: integer().notNull().default(0),
    worker: text(),
    /** The batch that is accepted next. */
    nextBatch: integer("next_batch").notNull().default(0),
    /** Number of the newest log entry. */
    tail: integer().notNull().default(0),
    exhausted: integer({ mode: "boolean" }).notNull().default(false),
  },
  (t) => [primaryKey({ columns: [t.run, t.island] })],
);

/** The islands' numbered logs, of which NATS carries a copy. */
export const log = sqliteTable(
  "log",
  {
    run: text().notNull(),
    island: integer().notNull(),
    n: integer().notNull(),
    entry: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.run, t.island, t.n] })],
);

export const candidates = sqliteTable(
  "candidates",
  {
    /** run/island/batch/index */
    id: text().primaryKey(),
    run: text()
      .notNull()
      .references(() => runs.id),
    island: integer().notNull(),
    batch: integer().notNull(),
    position: integer().notNull(),
    genome: text().notNull(),
    /** Canonical JSON. */
    config: text().notNull(),
    source: text(),
    proposer: text().notNull(),
    reason: text(),
    /** The model's call that it came from. */
    call: text(),
    /** Answered by the evaluation of this candidate of the same run: counted as cached, costs nothing. */
    answeredBy: text("answered_by"),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [
    index("candidates_by_run_genome").on(t.run, t.genome),
    // Few have an answer of another: most rows cost it nothing.
    index("candidates_answered").on(t.answeredBy).where(sql`answered_by is not null`),
  ],
);

/** Whole kernel code by its SHA-256: evolved, or the kernel's own in a run where code evolves. */
export const evolvedSources = sqliteTable("evolved_sources", {
  hash: text().primaryKey(),
  text: text().notNull(),
  createdAt: integer("created_at").notNull(),
});

export const parents = sqliteTable(
  "parents",
  {
    candidate: text()
      .notNull()
      .references(() => candidates.id),
    position: integer().notNull(),
    parent: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.candidate, t.position] }), index("parents_by_parent").on(t.parent)],
);

/** The one outcome of a candidate that counts. A row exists once the budget counted it. */
export const evaluations = sqliteTable(
  "evaluations",
  {
    candidate: text()
      .primaryKey()
      .references(() => candidates.id),
    run: text().notNull(),
    outcome: text().notNull(),
    fitness: real(),
    timeMs: real("time_ms"),
    message: text(),
    attempt: integer().notNull(),
    evaluator: text(),
    device: text(),
    deviceModel: text("device_model"),
    toolchain: text(),
    compileMs: real("compile_ms"),
    laneMs: real("lane_ms"),
    queuedMs: real("queued_ms"),
    /** Registers, spills and shared memory of each kernel, as its compiler says, JSON. */
    resources: text().notNull().default(sql`'[]'`),
    stoppedEarly: integer("stopped_early", { mode: "boolean" }).notNull().default(false),
    createdAt: integer("created_at").notNull(),
  },
  // The order of single evaluations: the best of a million are its first entries. What counts outcomes reads it alone.
  (t) => [
    index("evaluations_by_fitness").on(t.run, t.stoppedEarly, sql`fitness desc`, t.timeMs, t.candidate, t.outcome),
  ],
);

/** Times of one workload; `round` 0 belongs to the evaluation, later rounds re-measure a finalist. */
export const measurements = sqliteTable(
  "measurements",
  {
    candidate: text()
      .notNull()
      .references(() => candidates.id),
    round: integer().notNull(),
    workload: text().notNull(),
    timeMs: real("time_ms"),
    baselineMs: real("baseline_ms"),
    baseline: text(),
    speedup: real(),
    speedupLow: real("speedup_low"),
    speedupHigh: real("speedup_high"),
    gflops: real(),
    peakShare: real("peak_share"),
    gbytesPerS: real("gbytes_per_s"),
    bandwidthShare: real("bandwidth_share"),
    bandwidthOf: text("bandwidth_of", { enum: ["memory", "cache"] }),
    error: real(),
    /** Milliseconds of each timed batch, JSON. */
    samples: text().notNull(),
    /** Medians of everything else timed beside it, milliseconds, JSON. */
    others: text().notNull().default(sql`'{}'`),
    /** Fields of a recording that was tuned for something else than time, by name, JSON. */
    metrics: text().notNull().default(sql`'{}'`),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.candidate, t.round, t.workload] })],
);

/** Tries to get a candidate onto a device. They cost nothing. */
export const attempts = sqliteTable(
  "attempts",
  {
    candidate: text()
      .notNull()
      .references(() => candidates.id),
    attempt: integer().notNull(),
    evaluator: text().notNull(),
    /** Stage that it had reached when it ended. */
    stage: text(),
    /** Null while it continues. */
    end: text({ enum: ATTEMPT_ENDS }),
    startedAt: integer("started_at").notNull(),
    endedAt: integer("ended_at"),
  },
  (t) => [primaryKey({ columns: [t.candidate, t.attempt] })],
);

/** Elites taken in by another island. */
export const migrations = sqliteTable("migrations", {
  /** The new candidate. */
  candidate: text()
    .primaryKey()
    .references(() => candidates.id),
  run: text().notNull(),
  origin: text().notNull(),
  fromIsland: integer("from_island").notNull(),
  toIsland: integer("to_island").notNull(),
  batch: integer().notNull(),
  createdAt: integer("created_at").notNull(),
});

/**
 * Calls of language models, one row per attempt: written when its worst case is reserved, before anything is sent, and
 * completed with its cost and result. Dollars of a row count as its cost, or as its reservation while the cost is
 * unknown.
 */
export const modelCalls = sqliteTable(
  "model_calls",
  {
    id: text().primaryKey(),
    run: text().notNull(),
    island: integer(),
    proposer: text().notNull(),
    /** Of the prompt. */
    variant: text(),
    /** As asked for, and as the response named itself. */
    model: text().notNull(),
    answeredBy: text("answered_by"),
    /** Content hash of the question. */
    promptHash: text("prompt_hash").notNull(),
    /** JSON of the messages; null until the call is recorded. */
    prompt: text(),
    answer: text(),
    promptTokens: integer("prompt_tokens"),
    completionTokens: integer("completion_tokens"),
    reasoningTokens: integer("reasoning_tokens"),
    reservedUsd: real("reserved_usd").notNull(),
    costUsd: real("cost_usd"),
    latencyMs: real("latency_ms"),
    /** Null until the call is recorded. */
    outcome: text(),
    error: text(),
    attempt: integer(),
    /** Another attempt at the same question followed. */
    retried: integer({ mode: "boolean" }),
    /** Answered from a recording. */
    replayed: integer({ mode: "boolean" }),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [index("model_calls_question").on(table.run, table.promptHash)],
);

/** Events of a run as a whole: a message for people, and data where programs act on it. */
export const events = sqliteTable("events", {
  id: integer().primaryKey({ autoIncrement: true }),
  run: text().notNull(),
  kind: text().notNull(),
  message: text().notNull(),
  /** The part that programs read, JSON; null where there is only the message. */
  data: text(),
  createdAt: integer("created_at").notNull(),
});

/** Daemons that worked for a run. */
export const evaluators = sqliteTable(
  "evaluators",
  {
    run: text().notNull(),
    /** Random for each start of a daemon. */
    id: text().notNull(),
    address: text().notNull(),
    backend: text().notNull(),
    /** Description of the wire, JSON. */
    description: text().notNull(),
    state: text({ enum: ["serving", "draining", "reserve", "lost", "disconnected", "unusable"] }).notNull(),
    firstSeen: integer("first_seen").notNull(),
    lastSeen: integer("last_seen").notNull(),
  },
  (t) => [primaryKey({ columns: [t.run, t.id] })],
);
