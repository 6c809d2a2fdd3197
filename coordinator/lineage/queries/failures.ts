/** The failures of a run, grouped by outcome and by what the first line of the message says. */
import { sql } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";

export interface FailureGroup {
  readonly outcome: string;
  /** First line of the message that is the most frequent in the group; empty where there was none. */
  readonly message: string;
  readonly count: number;
  /** At most three candidates, the earliest. */
  readonly examples: readonly string[];
}

const EXAMPLES = 3;

interface Line extends FailureGroup {
  /** When the earliest example was evaluated. */
  readonly since: number;
}

/** Largest group first. */
export function failuresOf(db: LineageDatabase, run: string): FailureGroup[] {
  const lines = linesOf(db, run);
  const groups = Map.groupBy(lines, ({ outcome, message }) => `${outcome}\n${failurePattern(message)}`);
  return [...groups.values()]
    .map((alike) => {
      const [first] = alike as [Line];
      const inOrder = alike.toSorted((a, b) => a.since - b.since);
      return {
        outcome: first.outcome,
        message: first.message,
        count: alike.reduce((sum, { count }) => sum + count, 0),
        examples: inOrder.flatMap(({ examples }) => examples).slice(0, EXAMPLES),
      };
    })
    .sort((a, b) => b.count - a.count);
}

/** Lines that are the same to the letter, the most frequent first. */
function linesOf(db: LineageDatabase, run: string): Line[] {
  const rows = db.all<Omit<Line, "examples"> & { examples: string }>(sql`
    with failed as (
      select candidate, outcome, created_at,
        trim(substr(coalesce(message, ''), 1, instr(coalesce(message, '') || char(10), char(10)) - 1), ' ' || char(13)) as line
      from evaluations
      where run = ${run} and outcome <> 'ok'
    ), numbered as (
      select *, row_number() over (partition by outcome, line order by created_at, candidate) as place from failed
    )
    select outcome, line as message, count(*) as count, min(created_at) as since,
      json_group_array(candidate order by place) filter (where place <= ${EXAMPLES}) as examples
    from numbered
    group by outcome, line
    order by count(*) desc, outcome, line`);
  return rows.map((row) => ({ ...row, examples: JSON.parse(row.examples) }));
}

/** Without what differs from candidate to candidate: folders, addresses, hashes and numbers. For people, no code. */
export function failurePattern(message: string): string {
  return message
    .replace(/(?:[\w.+-]*\/)+(?=[\w.+-])/g, "")
    .replace(/\b(?:0x[0-9a-f]+|[0-9a-f]{8,}(?:-[0-9a-f]{4,})*)\b/gi, "#")
    .replace(/[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?/gi, "#");
}
