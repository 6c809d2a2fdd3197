/** What the ledger must say after a run whose evaluators came and went, and how soon each of them worked. */
import type { LedgerView } from "../support/programs.ts";
import type { Joined } from "./churn.ts";

export interface LedgerCheck {
  readonly accepted: number;
  readonly evaluated: number;
  readonly attempts: number;
  readonly lost: number;
  /** Of them, those that no evaluator had acknowledged: most were sent to one that had ended. */
  readonly unheard: number;
  readonly handedBack: number;
  /** From listening to the first attempt, in order, milliseconds. */
  readonly joinMs: readonly number[];
  readonly wrong: readonly string[];
}

export function checkLedger(ledger: LedgerView, joined: readonly Joined[]): LedgerCheck {
  const { id, status, accepted } = ledger.latest();
  const count = (sql: string) => ledger.query<{ n: number }>(sql)[0]?.n ?? 0;
  const evaluated = ledger.count("evaluations");
  const ends = (end: string) => count(`select count(*) n from attempts where "end" = '${end}'`);
  const checks: readonly (readonly [string, number])[] = [
    [`the run ${id} is ${status}`, status === "completed" ? 0 : 1],
    ["accepted candidates without an evaluation", accepted - evaluated],
    ["genomes that were evaluated twice", ledger.twiceEvaluated()],
    [
      "candidates with two results",
      count(
        `select count(*) n from (select 1 from attempts where "end" = 'result' group by candidate having count(*) > 1)`,
      ),
    ],
    ["attempts that never ended", count(`select count(*) n from attempts where "end" is null`)],
    [
      "candidates that were blamed for their evaluators",
      count("select count(*) n from evaluations where outcome = 'crashed'"),
    ],
  ];
  const first = new Map(
    ledger
      .query<{ evaluator: string; at: number }>("select evaluator, min(started_at) at from attempts group by evaluator")
      .map(({ evaluator, at }) => [evaluator, at]),
  );
  const joinMs = joined.flatMap(({ id, at }) => {
    const started = first.get(id);
    return started === undefined ? [] : [Math.max(0, started - at)];
  });
  return {
    accepted,
    evaluated,
    attempts: count("select count(*) n from attempts"),
    lost: ends("evaluator_lost"),
    unheard: count(`select count(*) n from attempts where "end" = 'evaluator_lost' and stage is null`),
    handedBack: ends("refused"),
    joinMs: joinMs.toSorted((a, b) => a - b),
    wrong: checks.filter(([, number]) => number !== 0).map(([what, number]) => `${number} ${what}`),
  };
}
