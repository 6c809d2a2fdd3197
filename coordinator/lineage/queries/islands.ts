/** How each island of a run did. An elite that it took in may be its best, though another island evaluated it. */
import type Database from "better-sqlite3";
import { type SQL, sql } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";
import { describeNiche, readNiches } from "./niches.ts";

export interface IslandRow {
  readonly island: number;
  /** Description of the workloads or the device model that it is limited to; empty without a limit. */
  readonly niche: string;
  readonly batches: number;
  readonly candidates: number;
  readonly evaluated: number;
  readonly ok: number;
  readonly cached: number;
  readonly best: string | null;
  readonly best_fitness: number | null;
  readonly best_time_ms: number | null;
  readonly best_proposer: string | null;
  /** Migrants taken in, and elites that others took in. */
  readonly migrants_in: number;
  readonly migrants_out: number;
  /** How many workers have held it, one after the other. */
  readonly leases: number;
  readonly exhausted: boolean;
}

type Best = Pick<IslandRow, "best" | "best_fitness" | "best_time_ms" | "best_proposer">;
const NO_BEST: Best = { best: null, best_fitness: null, best_time_ms: null, best_proposer: null };

export function islandsOf(db: LineageDatabase, run: string): IslandRow[] {
  const niches = readNiches(db, run);
  const rows = db.all<Omit<IslandRow, "niche" | "exhausted" | keyof Best> & { exhausted: number }>(sql`
    with failed as (
      select ${islandIn(sql`candidate`, run)} as island, count(*) as n
      from evaluations where run = ${run} and outcome <> 'ok' group by 1
    ), answered as (
      select island, count(*) as n from candidates
      where ${answeredIn(sql`candidates`, run)} group by island
    ), taken as (
      select to_island as island, count(*) as n from migrations where run = ${run} group by 1
    ), given as (
      select from_island as island, count(*) as n from migrations where run = ${run} group by 1
    ), counts as (
      select island, ${countIn(sql`candidates`, sql`id`)} as candidates,
        ${countIn(sql`evaluations`, sql`candidate`)} as evaluated
      from islands where run = ${run}
    )
    select i.island, i.next_batch as batches, n.candidates, n.evaluated, n.evaluated - coalesce(f.n, 0) as ok,
      coalesce(a.n, 0) as cached, coalesce(t.n, 0) as migrants_in, coalesce(g.n, 0) as migrants_out,
      i.epoch as leases, i.exhausted
    from islands i join counts n on n.island = i.island left join failed f on f.island = i.island
      left join answered a on a.island = i.island left join taken t on t.island = i.island
      left join given g on g.island = i.island
    where i.run = ${run}
    order by i.island`);
  const best = bestOfIslands(db, run, rows.filter(({ ok }) => ok > 0).length);
  return rows.map((row) => ({
    ...row,
    ...(best.get(row.island) ?? NO_BEST),
    niche: describeNiche(niches.nicheOf(row.island)),
    exhausted: row.exhausted === 1,
  }));
}

/** The second part of a candidate's id. A cast reads as far as there are digits. */
function islandIn(candidate: SQL, run: string): SQL {
  return sql`cast(substr(${candidate}, ${run.length + 2}) as integer)`;
}

/** Rows of an island, which are one range of the key: of a million candidates no row is read. */
function countIn(table: SQL, id: SQL): SQL {
  const from = sql`islands.run || '/' || islands.island`;
  return sql`(select count(*) from ${table} where ${id} >= ${from} || '/' and ${id} < ${from} || '0')`;
}

/** The plus keeps SQLite from walking all candidates of the run by their key: few have an answer, and those have an index. */
function answeredIn(table: SQL, run: string): SQL {
  return sql`${table}.answered_by is not null and +${table}.id >= ${`${run}/`} and +${table}.id < ${`${run}0`}`;
}

interface Judged {
  readonly island: number;
  readonly id: string;
  readonly proposer: string;
  readonly fitness: number;
  readonly time_ms: number | null;
  readonly stopped_early: number;
  readonly created_at: number;
}

/**
 * The first of each island in the order of evaluations; a candidate that another one answered counts by its answer.
 * @param measured how many islands have an evaluation that succeeded.
 */
function bestOfIslands(db: LineageDatabase, run: string, measured: number): Map<number, Best> {
  const best = new Map<number, Judged>();
  for (const judged of [...leadersOf(db, run, measured), ...answeredOf(db, run)]) {
    const held = best.get(judged.island);
    if (held === undefined || compareJudged(judged, held) < 0) best.set(judged.island, judged);
  }
  return new Map(
    [...best].map(([island, { id, fitness, time_ms, proposer }]) => [
      island,
      { best: id, best_fitness: fitness, best_time_ms: time_ms, best_proposer: proposer },
    ]),
  );
}

/** A candidate that was stopped early was not timed to the end. */
function compareJudged(a: Judged, b: Judged): number {
  return a.stopped_early - b.stopped_early || b.fitness - a.fitness || a.created_at - b.created_at;
}

/**
 * Each island's own best; several where they are equal. The index has the evaluations in this order, so that the first of
 * each island come early.
 */
function leadersOf(db: LineageDatabase, run: string, measured: number): Judged[] {
  const { $client } = db as LineageDatabase & { readonly $client: Database.Database };
  const inOrder = $client
    .prepare<unknown[], [string, number]>(
      `select candidate, fitness from evaluations
       where run = ? and stopped_early = ? and fitness is not null order by fitness desc`,
    )
    .raw();
  /** Islands with their best. */
  const found = new Map<number, { readonly stoppedEarly: number; readonly fitness: number }>();
  const ids: string[] = [];
  for (const stoppedEarly of [0, 1]) {
    let lowest = found.size === measured ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    for (const [candidate, fitness] of inOrder.iterate(run, stoppedEarly)) {
      if (found.size === measured && fitness < lowest) break;
      const island = Number(candidate.split("/", 2)[1]);
      const best = found.get(island);
      if (best !== undefined && (best.stoppedEarly < stoppedEarly || best.fitness > fitness)) continue;
      found.set(island, { stoppedEarly, fitness });
      ids.push(candidate);
      lowest = fitness;
    }
  }
  return judgedOf(db, sql`c.id in (select value from json_each(${JSON.stringify(ids)}))`);
}

/** Candidates whose genome another one had measured: migrants, and what an island proposed twice. */
function answeredOf(db: LineageDatabase, run: string): Judged[] {
  return judgedOf(db, answeredIn(sql`c`, run));
}

function judgedOf(db: LineageDatabase, where: SQL): Judged[] {
  return db.all<Judged>(sql`
    select c.island, c.id, c.proposer, c.created_at, e.fitness, e.time_ms, e.stopped_early
    from candidates c join evaluations e on e.candidate = coalesce(c.answered_by, c.id)
    where ${where} and e.fitness is not null
    order by c.rowid`);
}
