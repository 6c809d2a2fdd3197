/** The failures of a run, grouped by outcome and by the first line of the message. */
import { sql } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";

export interface FailureGroup {
  readonly outcome: string;
  /** First line of the message; empty where there was none. */
  readonly message: string;
  readonly count: number;
  /** At most three candidates, the earliest. */
  readonly examples: readonly string[];
}

const EXAMPLES = 3;

/** Largest group first. */
export function failuresOf(db: LineageDatabase, run: string): FailureGroup[] {
  const rows = db.all<Omit<FailureGroup, "examples"> & { examples: string }>(sql`
    with failed as (
      select candidate, outcome, created_at,
        trim(substr(coalesce(message, ''), 1, instr(coalesce(message, '') || char(10), char(10)) - 1), ' ' || char(13)) as line
      from evaluations
      where candidate >= ${`${run}/`} and candidate < ${`${run}0`} and outcome <> 'ok'
    ), numbered as (
      select *, row_number() over (partition by outcome, line order by created_at, candidate) as place from failed
    )
    select outcome, line as message, count(*) as count,
      json_group_array(candidate order by place) filter (where place <= ${EXAMPLES}) as examples
    from numbered
    group by outcome, line
    order by count(*) desc, outcome, line`);
  return rows.map((row) => ({ ...row, examples: JSON.parse(row.examples) }));
}
