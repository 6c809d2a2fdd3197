import { labelledRandom } from "@kevo/core/random/random.ts";
import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { buildLineage } from "../lineage-builder.fixture.ts";
import { islandsOf } from "./islands.ts";

/** The same by reading every candidate: the first in the order of evaluations, and how many there are of each kind. */
const PLAIN = sql`
  with judged as (
    select c.island, c.id, c.answered_by, e.fitness, e.candidate is c.id as own,
      e.candidate is c.id and e.outcome is 'ok' as own_ok,
      row_number() over (
        partition by c.island order by e.fitness is null, e.stopped_early, e.fitness desc, c.created_at
      ) as place
    from candidates c left join evaluations e on e.candidate = coalesce(c.answered_by, c.id)
    where c.run = 'r'
  )
  select island, count(*) as candidates, sum(own) as evaluated, sum(own_ok) as ok, count(answered_by) as cached,
    max(id) filter (where place = 1 and fitness is not null) as best
  from judged group by island order by island`;

it("counts and best are those of all candidates, with ties, failures, answers of others and those stopped early", () => {
  const random = labelledRandom("islands");
  const lineage = buildLineage();
  try {
    const niche = { workloads: null, device: null };
    // Another run's rows are no part of it, whose name begins alike.
    for (const run of ["r", "r0"]) {
      lineage.run({ id: run, niches: Array(13).fill(niche) });
      const evaluated: string[] = [];
      for (let batch = 0; batch < 200; batch++) {
        const island = random.integer(12);
        const answeredBy = random.integer(6) === 0 ? evaluated[random.integer(evaluated.length)] : undefined;
        const config = { tile: batch };
        const id = lineage.candidate(run, { island, batch, config, ...(answeredBy !== undefined && { answeredBy }) });
        // The last island's are on their way.
        if (answeredBy !== undefined || island === 11) continue;
        evaluated.push(id);
        if (random.integer(4) === 0) lineage.failed(id, "crashed", "x");
        else lineage.ok(id, { speedups: { small: 1 + random.integer(4) }, stoppedEarly: random.integer(3) === 0 });
      }
    }
    const expected = lineage.db.all<{ island: number }>(PLAIN);
    const found = islandsOf(lineage.db, "r").map(({ island, candidates, evaluated, ok, cached, best }) => ({
      ...{ island, candidates, evaluated, ok, cached, best },
    }));
    expect(found.slice(0, 12)).toEqual(expected);
    expect(found[12]).toEqual({ island: 12, candidates: 0, evaluated: 0, ok: 0, cached: 0, best: null });
  } finally {
    lineage.remove();
  }
});
