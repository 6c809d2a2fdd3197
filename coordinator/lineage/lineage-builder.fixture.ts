/** Builds a lineage database in a temporary folder, as a coordinator would have written it. For tests. */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { KernelResources } from "@kevo/proto/kernel-resources.ts";
import type { Outcome } from "@kevo/proto/outcome.ts";
import type { Niche, RunSpec } from "@kevo/proto/run.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import Database from "better-sqlite3";
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { migrate } from "drizzle-orm/better-sqlite3/migrator";
import type { Launch } from "../run/launch.ts";
import type { LineageDatabase } from "./database.ts";
import * as schema from "./schema.ts";

/** Time of day of the first row; later rows follow a second apart. */
export const BEGIN = Date.UTC(2026, 0, 1);

export interface RunOptions {
  id?: string;
  workloads?: string[];
  /** One for each island; two islands without a niche when omitted. */
  niches?: Niche[];
  backend?: RunSpec["backend"];
  status?: (typeof schema.runs.$inferInsert)["status"];
  evaluations?: number;
}

export interface CandidateOptions {
  island?: number;
  batch?: number;
  index?: number;
  config?: Config;
  proposer?: string;
  parents?: string[];
  /** Candidate whose evaluation answers it. */
  answeredBy?: string;
  reason?: string;
}

export interface TimingOptions {
  round?: number;
  /** By workload. */
  speedups?: Record<string, number>;
  /** By workload, milliseconds; with speedups, 10 / speedup when omitted. */
  times?: Record<string, number>;
  /** Half-width of each interval, as a share of the speedup. */
  interval?: number;
  others?: Record<string, number>;
}

/** As `coordinator start --kernel bowl` stores it. */
const LAUNCH: Partial<Launch> = {
  kernel: "bowl",
  spaces: [],
  time_scale: 0,
  evaluators: [],
  devices: null,
  external_workers: false,
  nats: null,
  nats_listen: null,
};

type ModelCall = typeof schema.modelCalls.$inferInsert;

export interface Builder {
  readonly folder: string;
  readonly path: string;
  readonly db: LineageDatabase;
  /** @returns its id. */
  run(options?: RunOptions): string;
  candidate(run: string, options?: CandidateOptions): string;
  /** An evaluation that succeeded, with measurements of round 0. */
  ok(
    candidate: string,
    timing: TimingOptions & { laneMs?: number; stoppedEarly?: boolean; resources?: readonly KernelResources[] },
  ): void;
  failed(candidate: string, outcome: Exclude<Outcome, "ok">, message: string): void;
  /** Measurements alone, such as a finalist's. */
  measured(candidate: string, timing: TimingOptions): void;
  /** A call of a language model; not settled where it has no cost. */
  called(run: string, call: Pick<ModelCall, "model" | "reservedUsd"> & Partial<ModelCall>): void;
  event(run: string, kind: string, message: string, data?: unknown): void;
  set(run: string, columns: Partial<typeof schema.runs.$inferInsert>): void;
  /** Another database with the same content. */
  copyTo(path: string): void;
  remove(): void;
}

export function buildLineage(): Builder {
  const folder = mkdtempSync(join(tmpdir(), "kevo-lineage-"));
  const path = join(folder, "lineage.db");
  const sqlite = new Database(path);
  sqlite.pragma("journal_mode = WAL");
  sqlite.pragma("synchronous = OFF");
  const db = drizzle(sqlite, { schema });
  migrate(db, { migrationsFolder: fileURLToPath(new URL("./migrations", import.meta.url)) });
  let clock = BEGIN;
  let runs = 0;
  const next = () => (clock += 1000);
  const indices = new Map<string, number>();

  const measured = (candidate: string, { round = 0, speedups, times, interval = 0.01, others }: TimingOptions) => {
    for (const workload of Object.keys(speedups ?? times ?? {})) {
      const speedup = speedups?.[workload] ?? null;
      const timeMs = times?.[workload] ?? 10 / (speedup as number);
      const row = {
        candidate,
        round,
        workload,
        timeMs,
        baselineMs: speedup === null ? null : timeMs * speedup,
        baseline: speedup === null ? null : "default -O3",
        speedup,
        speedupLow: speedup === null ? null : speedup * (1 - interval),
        speedupHigh: speedup === null ? null : speedup * (1 + interval),
        gflops: 100 / timeMs,
        peakShare: 0.25,
        error: 1e-7,
        samples: JSON.stringify([timeMs]),
        others: JSON.stringify(others ?? {}),
        createdAt: next(),
      };
      db.insert(schema.measurements).values(row).run();
    }
  };

  const evaluation = (candidate: string, outcome: Outcome, more: Partial<typeof schema.evaluations.$inferInsert>) => {
    const run = candidate.split("/")[0] as string;
    const common = { candidate, run, outcome, attempt: 1, evaluator: "evaluator", device: "cpu:0", createdAt: next() };
    db.insert(schema.evaluations)
      .values({ ...common, deviceModel: "a processor", toolchain: "cc 12", compileMs: 250, laneMs: 500, ...more })
      .run();
    db.insert(schema.attempts)
      .values({ candidate, attempt: 1, evaluator: "evaluator", stage: "TIMING", end: "result", startedAt: next() })
      .run();
  };

  return {
    folder,
    path,
    db,
    run({ id = `run${++runs}`, workloads = ["small"], niches, ...options }: RunOptions = {}) {
      const { backend = "cpu", status = "completed", evaluations = 100 } = options;
      const islands = (niches ?? [NO_NICHE, NO_NICHE]).map((niche, index) => ({ index, niche }));
      const spec: RunSpec = {
        run: id,
        kernel: { id: "attention-cpu", title: "Attention", hash: "0".repeat(64), definition: "1".repeat(64) },
        backend,
        workloads,
        seed: 1,
        islands,
        topology: "ring",
        migrate_every: 4,
        migrants: 1,
        sync: false,
        batch_size: 8,
        search: "default",
        evaluations,
        time_s: null,
        effort: "quick",
      };
      db.insert(schema.runs)
        .values({
          id,
          kernel: spec.kernel.id,
          kernelHash: spec.kernel.hash,
          backend,
          spec: JSON.stringify(spec),
          launch: JSON.stringify(LAUNCH),
          status,
          createdAt: next(),
          endedAt: status === "running" ? null : clock + 60_000,
          elapsedMs: status === "running" ? 0 : 60_000,
        })
        .run();
      for (const { index, niche } of islands) {
        db.insert(schema.islands)
          .values({ run: id, island: index, niche: JSON.stringify(niche), worker: "worker-1", epoch: 1 })
          .run();
      }
      return id;
    },
    candidate(run, { island = 0, batch = 0, index, config = { tile: 8 }, ...options } = {}) {
      const { proposer = "random", parents = [], answeredBy = null, reason = null } = options;
      const place = `${run}/${island}/${batch}`;
      const position = index ?? indices.get(place) ?? 0;
      indices.set(place, position + 1);
      const id = `${place}/${position}`;
      const row = { id, run, island, batch, position, genome: JSON.stringify(config), config: JSON.stringify(config) };
      db.insert(schema.candidates)
        .values({ ...row, source: null, proposer, reason, answeredBy, createdAt: next() })
        .run();
      for (const [at, parent] of parents.entries()) {
        db.insert(schema.parents).values({ candidate: id, position: at, parent }).run();
      }
      const [origin] = parents;
      if (proposer === "migrant" && origin !== undefined) {
        const fromIsland = Number(origin.split("/")[1]);
        db.insert(schema.migrations)
          .values({ candidate: id, run, origin, fromIsland, toIsland: island, batch, createdAt: clock })
          .run();
      }
      return id;
    },
    ok(candidate, { laneMs, stoppedEarly, resources, ...timing }) {
      measured(candidate, timing);
      const rows = db.select().from(schema.measurements).where(eq(schema.measurements.candidate, candidate)).all();
      const timeMs = mean(rows.map((r) => r.timeMs as number));
      const fitness = timing.speedups === undefined ? 1 / timeMs : mean(Object.values(timing.speedups));
      evaluation(candidate, "ok", {
        fitness,
        timeMs,
        stoppedEarly: stoppedEarly ?? false,
        resources: JSON.stringify(resources ?? []),
        ...(laneMs === undefined ? {} : { laneMs }),
      });
    },
    failed(candidate, outcome, message) {
      evaluation(candidate, outcome, { message });
    },
    measured,
    called(run, call) {
      const id = `call-${next()}`;
      const tokens = { promptTokens: 1000, completionTokens: 200 };
      db.insert(schema.modelCalls)
        .values({ id, run, proposer: "llm", promptHash: "0", createdAt: clock, ...tokens, ...call })
        .run();
    },
    event(run, kind, message, data) {
      const stored = data === undefined ? null : JSON.stringify(data);
      db.insert(schema.events).values({ run, kind, message, data: stored, createdAt: next() }).run();
    },
    set(run, columns) {
      db.update(schema.runs).set(columns).where(eq(schema.runs.id, run)).run();
    },
    copyTo(copy) {
      // A copy of the file alone would lack the contents of the journal.
      sqlite.pragma("wal_checkpoint(TRUNCATE)");
      copyFileSync(path, copy);
    },
    remove() {
      sqlite.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const NO_NICHE: Niche = { workloads: null, device: null };

function mean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
