/** The ledger of a run, as the lineage database shows it at one moment: what must hold at any. */
import type { LedgerView } from "../../tests/support/programs.ts";

export interface LedgerCheck {
  /** Candidates that the budget counts, and how many of them have their one outcome. */
  readonly accepted: number;
  readonly evaluated: number;
  readonly open: number;
  readonly outcomes: Record<string, number>;
  /** Attempts that ended without a result. */
  readonly lost: number;
  readonly wrong: readonly string[];
}

export function checkLedger(ledger: LedgerView): LedgerCheck {
  const one = (sql: string) => Number(ledger.query<{ n: number }>(sql)[0]?.n ?? 0);
  // One statement sees one state of the database; the run continues meanwhile.
  const [sums] = ledger.query<{
    accepted: number;
    counted: number;
    evaluated: number;
    entries: number;
    twins: number;
  }>(`
    select
      (select accepted from runs) accepted,
      (select count(*) from candidates where answered_by is null) counted,
      (select count(*) from evaluations) evaluated,
      (select count(*) from log where json_extract(entry, '$.type') = 'evaluated' and json_extract(entry, '$.cached') = 0) entries,
      (select count(*) from (select 1 from candidates c join islands i on i.run = c.run and i.island = c.island
        where answered_by is null group by genome, niche having count(*) > 1)) twins`);
  if (sums === undefined) throw new Error("the database contains no run");
  const wrong: string[] = [];
  const expect = (holds: boolean, message: string) => {
    if (!holds) wrong.push(message);
  };
  expect(sums.accepted === sums.counted, `${sums.accepted} accepted, ${sums.counted} candidates that cost`);
  expect(sums.evaluated === sums.entries, `${sums.evaluated} evaluations, ${sums.entries} in the islands' logs`);
  expect(sums.twins === 0, `${sums.twins} genomes evaluated twice in a niche`);
  const results = one(
    "select count(*) n from (select candidate from attempts where end = 'result' group by candidate having count(*) > 1)",
  );
  expect(results === 0, `${results} candidates with two results`);
  const stray = one(
    "select count(*) n from evaluations e join candidates c on c.id = e.candidate where c.answered_by is not null",
  );
  expect(stray === 0, `${stray} evaluations of candidates that were answered from others`);
  const outcomes = ledger.query<{ outcome: string; n: number }>(
    "select outcome, count(*) n from evaluations group by outcome order by outcome",
  );
  return {
    accepted: sums.accepted,
    evaluated: sums.evaluated,
    open: sums.accepted - sums.evaluated,
    outcomes: Object.fromEntries(outcomes.map(({ outcome, n }) => [outcome, n])),
    lost: one("select count(*) n from attempts where end is not null and end <> 'result'"),
    wrong,
  };
}

/** The finding, or the condition that does not hold. */
export function describeLedger({ accepted, evaluated, open, outcomes, lost, wrong }: LedgerCheck): string {
  if (wrong.length > 0) return wrong.join("; ");
  const parts = Object.entries(outcomes).map(([outcome, n]) => `${n} ${outcome}`);
  return `${accepted} accepted, ${evaluated} evaluated once each (${parts.join(", ")}), ${open} open, ${lost} attempts without a result made again`;
}
