/** All runs of the database, each with its best. What is counted is read once, and then only what is new. */
import { OUTCOMES, type Outcome } from "@kevo/proto/outcome.ts";
import { type RunSpec, runSpec, UNLIMITED_EVALUATIONS } from "@kevo/proto/run.ts";
import { desc, sql } from "drizzle-orm";
import { elapsedSeconds } from "../../../lineage/queries/elapsed.ts";
import { ranking, standingsOf } from "../../../lineage/queries/ranking.ts";
import type { ReadOnlyLineage } from "../../../lineage/read-only.ts";
import { runObjective } from "../../../lineage/run-objective.ts";
import { runs } from "../../../lineage/schema.ts";
import type { Best, RunSummary } from "../../contract/runs.ts";
import { type Values, valuesOf } from "../../model/value.ts";

interface Counted {
  readonly outcomes: Record<Outcome, number>;
  readonly devices: Map<string, number>;
  evaluations: number;
  /** The best single evaluation. */
  leader: { readonly candidate: string; readonly fitness: number } | null;
  /** What its best was found with. */
  best: { readonly key: string; readonly best: Best | null } | null;
}

type Row = typeof runs.$inferSelect;

export class RunList {
  readonly #lineage: ReadOnlyLineage;
  readonly #counted = new Map<string, Counted>();
  #evaluation = 0;

  constructor(lineage: ReadOnlyLineage) {
    this.#lineage = lineage;
  }

  /** Latest first. */
  summaries(isLive: (status: string) => boolean): RunSummary[] {
    this.#count();
    const rows = this.#lineage.db
      .select()
      .from(runs)
      .orderBy(desc(runs.createdAt), desc(sql`${runs}.rowid`))
      .all();
    const dollars = this.#dollars();
    return rows.map((row) => this.#summary(row, dollars.get(row.id) ?? 0, isLive(row.status)));
  }

  /** @param row of the run, as it is stored now. */
  summary(row: Row, isLive: boolean): RunSummary {
    this.#count();
    return this.#summary(row, this.#dollars().get(row.id) ?? 0, isLive);
  }

  #summary(row: Row, usd: number, live: boolean): RunSummary {
    const spec = runSpec.parse(JSON.parse(row.spec));
    const counted = this.#of(row.id);
    const values = valuesOf(runObjective(spec));
    return {
      run: row.id,
      kernel: row.kernel,
      title: spec.kernel.title,
      backend: row.backend,
      devices: [...counted.devices].sort((a, b) => b[1] - a[1]).map(([name]) => name),
      objective: values.objective,
      status: row.status,
      live,
      message: row.message,
      created_at: row.createdAt,
      ended_at: row.status === "running" ? null : row.endedAt,
      islands: spec.islands.length,
      workloads: spec.workloads.length,
      models: spec.llm?.models ?? [],
      control: controlOf(spec),
      budget: {
        evaluations: {
          used: counted.evaluations,
          limit: spec.evaluations === UNLIMITED_EVALUATIONS ? null : spec.evaluations,
        },
        time_s: { used: elapsedSeconds(row, Date.now()), limit: spec.time_s },
        usd: { used: usd, limit: spec.llm?.budget_usd ?? null },
      },
      outcomes: counted.outcomes,
      best: this.#best(row, counted, values),
    };
  }

  #best(row: Row, counted: Counted, values: Values): Best | null {
    const remeasured = this.#remeasured(row.id);
    const key = `${counted.leader?.candidate} ${remeasured}`;
    if (counted.best?.key === key) return counted.best.best;
    const best = this.#findBest(row.id, values, remeasured > 0 ? null : counted.leader);
    counted.best = { key, best };
    return best;
  }

  /** What was said of finalists: while nothing was, the leader of the single evaluations is the best. */
  #remeasured(run: string): number {
    return this.#lineage.sqlite
      .prepare("select count(*) from events where run = ? and kind in ('measured_under', 'finalist_failed')")
      .pluck()
      .get(run) as number;
  }

  #findBest(run: string, values: Values, leader: Counted["leader"]): Best | null {
    const { db, sqlite } = this.#lineage;
    const [first] = leader === null ? ranking(db, run, 1) : standingsOf(db, run, [leader.candidate]);
    if (first === undefined) return null;
    const found = sqlite.prepare("select fitness, rowid from evaluations where candidate = ?").get(first.candidate) as
      | { fitness: number | null; rowid: number }
      | undefined;
    const single = values.of(found?.fitness ?? Number.NaN);
    const value =
      first.speedup ?? first.objective?.value ?? (values.objective.name === "time" ? first.time_ms : single);
    if (value === null || found === undefined) return null;
    const place = "select count(*) from evaluations where run = ? and rowid <= ?";
    return {
      value,
      low: first.speedup_low,
      high: first.speedup_high,
      candidate: first.candidate,
      time_ms: first.time_ms,
      proposer: first.proposer,
      island: first.island,
      batch: first.batch,
      evaluation: sqlite.prepare(place).pluck().get(run, found.rowid) as number,
      rounds: first.rounds,
    };
  }

  #count(): void {
    const { sqlite } = this.#lineage;
    const newest = sqlite.prepare("select max(rowid) from evaluations").pluck().get() as number | null;
    if (newest === null || newest <= this.#evaluation) return;
    const rows = sqlite
      .prepare(
        `select run, outcome, device_model as device, count(*) as n from evaluations
         where rowid > ? and rowid <= ? group by run, outcome, device_model`,
      )
      .all(this.#evaluation, newest) as { run: string; outcome: Outcome; device: string | null; n: number }[];
    for (const { run, outcome, device, n } of rows) {
      const counted = this.#of(run);
      counted.outcomes[outcome] += n;
      counted.evaluations += n;
      if (device !== null) counted.devices.set(device, (counted.devices.get(device) ?? 0) + n);
    }
    const leaders = sqlite
      .prepare(
        `select run, candidate, max(fitness) as fitness from evaluations
         where rowid > ? and rowid <= ? and fitness is not null and not stopped_early group by run`,
      )
      .all(this.#evaluation, newest) as { run: string; candidate: string; fitness: number }[];
    for (const { run, ...leader } of leaders) {
      const counted = this.#of(run);
      if (counted.leader === null || leader.fitness > counted.leader.fitness) counted.leader = leader;
    }
    this.#evaluation = newest;
  }

  #of(run: string): Counted {
    const known = this.#counted.get(run);
    if (known !== undefined) return known;
    const outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
    const counted = { outcomes, devices: new Map(), evaluations: 0, leader: null, best: null };
    this.#counted.set(run, counted);
    return counted;
  }

  #dollars(): Map<string, number> {
    const rows = this.#lineage.sqlite
      .prepare("select run, sum(coalesce(cost_usd, reserved_usd)) from model_calls group by run")
      .raw()
      .all() as [string, number][];
    return new Map(rows);
  }
}

export function controlOf(spec: RunSpec): RunSummary["control"] {
  if (spec.llm?.control === true) return "uninformed_models";
  return spec.search === "random" ? "random" : null;
}
