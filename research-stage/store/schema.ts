/**
 * The research database, `research.db` beside the lineage database: runs of the research stage, their steps, what was
 * asked and paid, and the way from a post or paper over gap and idea to a kernel. A kernel is found in the lineage by
 * the hash of its package, so one query over both files goes from a post to the fastest candidate.
 * Written by the research stage, read by `coordinator lineage`. Times of day are milliseconds since 1970.
 */
import { index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const researchRuns = sqliteTable("research_runs", {
  id: text().primaryKey(),
  domain: text().notNull(),
  /** Options of the run, JSON: `resume` continues with them. */
  options: text().notNull(),
  status: text({ enum: ["running", "completed", "stopped", "failed"] }).notNull(),
  /** Why it ended as it did, for a person. */
  message: text(),
  /** Absolute path of its reports, kernels and package. */
  folder: text().notNull(),
  /** Of the fences around fetched text; never in a report. */
  secret: text().notNull(),
  createdAt: integer("created_at").notNull(),
  endedAt: integer("ended_at"),
});

/** One piece of work with stored input and output; finished work is never repeated. */
export const researchSteps = sqliteTable(
  "research_steps",
  {
    run: text()
      .notNull()
      .references(() => researchRuns.id),
    /** Such as `1/novelty/idea-1-2`. */
    key: text().notNull(),
    stage: text().notNull(),
    round: integer().notNull(),
    /** SHA-256 of the input's canonical JSON: another input is another step under the same key. */
    inputHash: text("input_hash").notNull(),
    status: text({ enum: ["running", "done", "failed"] }).notNull(),
    /** JSON. */
    output: text(),
    error: text(),
    /** Dollars paid to sources; model calls have their own table. */
    costUsd: real("cost_usd").notNull().default(0),
    startedAt: integer("started_at").notNull(),
    endedAt: integer("ended_at"),
  },
  (t) => [primaryKey({ columns: [t.run, t.key] })],
);

/** Calls of language models: reserved at worst case before, settled and recorded after. */
export const researchCalls = sqliteTable(
  "research_calls",
  {
    id: text().primaryKey(),
    run: text()
      .notNull()
      .references(() => researchRuns.id),
    hash: text().notNull(),
    /** Signature that was asked. */
    proposer: text().notNull(),
    model: text().notNull(),
    reservedUsd: real("reserved_usd").notNull(),
    /** Null while it is not settled, or unknown: then the reservation counts. */
    costUsd: real("cost_usd"),
    settled: integer({ mode: "boolean" }).notNull().default(false),
    /** The call as `core/llm` records it, JSON; null while it is pending. */
    record: text(),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [index("research_calls_by_hash").on(t.run, t.hash)],
);

/** Answers of outside services, by content hash of the request. */
export const researchExchanges = sqliteTable(
  "research_exchanges",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    run: text()
      .notNull()
      .references(() => researchRuns.id),
    hash: text().notNull(),
    /** `research-stage/recording/exchange.ts`, JSON. */
    exchange: text().notNull(),
  },
  (t) => [index("research_exchanges_by_hash").on(t.run, t.hash)],
);

/** Requests to the coordinator and the checks, with their results: replayed from a recording. */
export const researchMeasurements = sqliteTable(
  "research_measurements",
  {
    run: text()
      .notNull()
      .references(() => researchRuns.id),
    /** SHA-256 of what was asked: the kernel's hash and the search's options. */
    hash: text().notNull(),
    /** JSON. */
    result: text().notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.run, t.hash] })],
);

/** Papers, threads and pages that were retrieved; nothing else can be cited. */
export const researchRecords = sqliteTable(
  "research_records",
  {
    run: text()
      .notNull()
      .references(() => researchRuns.id),
    id: text().notNull(),
    kind: text().notNull(),
    title: text(),
    url: text().notNull(),
    /** Names of the sources that found it, joined by commas. */
    sources: text().notNull(),
    publishedAt: text("published_at"),
    /** It holds a passage that reads like an instruction to a model, and was set aside. */
    suspicious: integer({ mode: "boolean" }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.run, t.id] })],
);

/** The posts of a thread. */
export const researchPosts = sqliteTable(
  "research_posts",
  {
    run: text()
      .notNull()
      .references(() => researchRuns.id),
    id: text().notNull(),
    /** The thread. */
    record: text().notNull(),
    author: text(),
    createdAt: text("created_at").notNull(),
    text: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.run, t.id] })],
);

export const researchGaps = sqliteTable(
  "research_gaps",
  {
    run: text()
      .notNull()
      .references(() => researchRuns.id),
    id: text().notNull(),
    round: integer().notNull(),
    title: text().notNull(),
    description: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.run, t.id] })],
);

export const researchIdeas = sqliteTable(
  "research_ideas",
  {
    run: text()
      .notNull()
      .references(() => researchRuns.id),
    id: text().notNull(),
    round: integer().notNull(),
    title: text().notNull(),
    description: text().notNull(),
    /** 0 to 1, as the model predicted. */
    feasibility: real().notNull(),
    novelty: real().notNull(),
    /** Null before it was looked into. */
    verdict: text({ enum: ["novel", "not_novel", "insufficient_evidence"] }),
  },
  (t) => [primaryKey({ columns: [t.run, t.id] })],
);

/** Which gap an idea answers, and which records a gap rests on. */
export const researchLinks = sqliteTable(
  "research_links",
  {
    run: text()
      .notNull()
      .references(() => researchRuns.id),
    /** Id of a gap or an idea. */
    from: text("from_id").notNull(),
    /** Id of a record or a gap. */
    to: text("to_id").notNull(),
  },
  (t) => [primaryKey({ columns: [t.run, t.from, t.to] }), index("research_links_by_target").on(t.run, t.to)],
);

/** Kernels that were made of ideas. */
export const researchKernels = sqliteTable(
  "research_kernels",
  {
    run: text()
      .notNull()
      .references(() => researchRuns.id),
    idea: text().notNull(),
    /** Of the package: `runs.kernel_hash` in the lineage. */
    kernelHash: text("kernel_hash").notNull(),
    kernel: text().notNull(),
    /** The lineage's run that evolved it; null where none did. */
    lineageRun: text("lineage_run"),
    /** Against the first implementation. */
    speedup: real(),
  },
  (t) => [primaryKey({ columns: [t.run, t.idea] }), index("research_kernels_by_hash").on(t.kernelHash)],
);
