/**
 * Ancestors and descendants of a candidate. Descent goes from parent to child; an elite is the parent of the
 * migrant that another island made of it, so descent crosses islands.
 *
 * A recursive query collects the reachable candidates; UNION drops those reached before, so that the work is
 * linear in candidates and links although the same ancestor is reached on many paths. Depths (the fewest
 * generations between) are then counted breadth-first over the links of those few: in SQL, rows with a depth would
 * differ for each path's length and be visited again for each.
 */
import type { Config } from "@kevo/proto/search-space.ts";
import { type SQL, sql } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";

export interface Relative {
  readonly candidate: string;
  /** Fewest generations between; 1 is a parent or a child. */
  readonly depth: number;
  readonly proposer: string;
  /** It came from another island. */
  readonly migrant: boolean;
  /** Its parents, among all that are stored. */
  readonly parents: readonly string[];
  /** Of its evaluation, or of the one that answered it; null while it has none. */
  readonly outcome: string | null;
  readonly fitness: number | null;
  readonly time_ms: number | null;
  readonly config: Config;
}

/** Nearest first. */
export function ancestorsOf(db: LineageDatabase, candidate: string): Relative[] {
  return relatives(db, candidate, reachOf(candidate, sql`parent`, sql`candidate`), ({ child, parent }) => [
    child,
    parent,
  ]);
}

/** Nearest first. */
export function descendantsOf(db: LineageDatabase, candidate: string): Relative[] {
  return relatives(db, candidate, reachOf(candidate, sql`candidate`, sql`parent`), ({ child, parent }) => [
    parent,
    child,
  ]);
}

/** All that is reached by going along a link again and again. */
function reachOf(candidate: string, to: SQL, from: SQL): SQL {
  return sql`
    with recursive reached (id) as (
      values (${candidate})
      union
      select parents.${to} from reached join parents on parents.${from} = reached.id
    )`;
}

interface Link {
  readonly child: string;
  readonly parent: string;
}

function relatives(
  db: LineageDatabase,
  candidate: string,
  reach: SQL,
  direction: (link: Link) => [from: string, to: string],
): Relative[] {
  const rows = db.all<StoredRelative>(sql`
    ${reach}
    select c.id, c.proposer, c.config, e.outcome, e.fitness, e.time_ms as timeMs,
      exists (select 1 from migrations m where m.candidate = c.id) as migrant
    from reached join candidates c on c.id = reached.id
      left join evaluations e on e.candidate = coalesce(c.answered_by, c.id)`);
  const links = db.all<Link>(sql`
    ${reach}
    select p.candidate as child, p.parent from reached join parents p on p.candidate = reached.id
    order by p.candidate, p.position`);
  const next = Map.groupBy(links.map(direction), ([from]) => from);
  const depths = new Map([[candidate, 0]]);
  // Iteration over a Map is in the order of insertion and includes entries added meanwhile: breadth-first.
  for (const [id, depth] of depths) {
    for (const [, to] of next.get(id) ?? []) if (!depths.has(to)) depths.set(to, depth + 1);
  }
  const parents = Map.groupBy(links, (link) => link.child);
  return rows
    .filter((row) => row.id !== candidate)
    .map((row) => ({
      candidate: row.id,
      depth: depths.get(row.id) as number,
      proposer: row.proposer,
      migrant: row.migrant === 1,
      parents: (parents.get(row.id) ?? []).map((link) => link.parent),
      outcome: row.outcome,
      fitness: row.fitness,
      time_ms: row.timeMs,
      config: JSON.parse(row.config) as Config,
    }))
    .sort((a, b) => a.depth - b.depth || inOrder.compare(a.candidate, b.candidate));
}

interface StoredRelative {
  readonly id: string;
  readonly proposer: string;
  readonly config: string;
  readonly outcome: string | null;
  readonly fitness: number | null;
  readonly timeMs: number | null;
  readonly migrant: number;
}

/** Batch 10 after batch 9. */
const inOrder = new Intl.Collator("en", { numeric: true });
