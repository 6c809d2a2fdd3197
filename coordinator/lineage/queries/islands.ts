/** How each island of a run did. An elite that it took in may be its best, though another island evaluated it. */
import { sql } from "drizzle-orm";
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

export function islandsOf(db: LineageDatabase, run: string): IslandRow[] {
  const niches = readNiches(db, run);
  const rows = db.all<Omit<IslandRow, "niche" | "exhausted"> & { exhausted: number }>(sql`
    with judged as (
      select c.island, c.id, c.proposer, c.answered_by, e.fitness, e.time_ms,
        e.candidate is c.id as own, e.candidate is c.id and e.outcome is 'ok' as own_ok,
        row_number() over (partition by c.island order by e.fitness is null, e.stopped_early, e.fitness desc, c.created_at) as place
      from candidates c left join evaluations e on e.candidate = coalesce(c.answered_by, c.id)
      where c.id >= ${`${run}/`} and c.id < ${`${run}0`}
    ), counts as (
      select island, count(*) as candidates, sum(own) as evaluated, sum(own_ok) as ok,
        count(answered_by) as cached
      from judged group by island
    )
    select i.island, i.next_batch as batches, coalesce(n.candidates, 0) as candidates,
      coalesce(n.evaluated, 0) as evaluated, coalesce(n.ok, 0) as ok, coalesce(n.cached, 0) as cached,
      b.id as best, b.fitness as best_fitness, b.time_ms as best_time_ms, b.proposer as best_proposer,
      (select count(*) from migrations m where m.run = i.run and m.to_island = i.island) as migrants_in,
      (select count(*) from migrations m where m.run = i.run and m.from_island = i.island) as migrants_out,
      i.epoch as leases, i.exhausted
    from islands i
      left join counts n on n.island = i.island
      left join judged b on b.island = i.island and b.place = 1 and b.fitness is not null
    where i.run = ${run}
    order by i.island`);
  return rows.map((row) => ({
    ...row,
    niche: describeNiche(niches.nicheOf(row.island)),
    exhausted: row.exhausted === 1,
  }));
}
