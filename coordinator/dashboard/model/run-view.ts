/** A run as it stood when its N-th evaluation had been counted. */
import { OUTCOMES, type Outcome } from "@kevo/proto/outcome.ts";
import type { RunTable } from "./run-table.ts";

export class RunView {
  readonly table: RunTable;
  /** Evaluations counted. */
  readonly at: number;
  /** Rows accepted: the first of the table. */
  readonly size: number;
  /** Whether it is the run as it stands now. */
  readonly now: boolean;

  /** @param at undefined, or more than there are: now. */
  constructor(table: RunTable, at: number | undefined) {
    this.table = table;
    this.at = Math.min(at ?? table.evaluations, table.evaluations);
    this.now = this.at === table.evaluations;
    this.size = this.now ? table.size : acceptedBy(table, this.at);
  }

  /** Row whose evaluation is the candidate's result at this position; null while it has none. */
  resultOf(row: number): number | null {
    const answer = this.table.answer.get(row);
    const evaluation = this.table.evaluation.get(answer);
    return evaluation > 0 && evaluation <= this.at ? answer : null;
  }

  outcomeOf(row: number): Outcome | null {
    const result = this.resultOf(row);
    return result === null ? null : this.table.outcomeOf(result);
  }

  /** NaN without one. */
  fitnessOf(row: number): number {
    const result = this.resultOf(row);
    return result === null ? Number.NaN : this.table.fitness.get(result);
  }

  /** Whether it ranks behind every one that was measured to the end. */
  isStoppedEarly(row: number): boolean {
    const result = this.resultOf(row);
    return result !== null && this.table.isStoppedEarly(result);
  }

  /** Rows by evaluation, the first `at` of them. */
  *counted(): Iterable<number> {
    for (let n = 0; n < this.at; n++) yield this.table.counted.get(n);
  }

  outcomes(): Record<Outcome, number> {
    const counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
    for (const row of this.counted()) counts[this.table.outcomeOf(row) as Outcome]++;
    return counts;
  }

  /** The row that leads by single evaluations; null while nothing was measured. */
  best(): number | null {
    let best: number | null = null;
    for (const row of this.counted()) {
      if (Number.isNaN(this.table.fitness.get(row))) continue;
      if (best === null || isAbove(this.table, row, best)) best = row;
    }
    return best;
  }

  /** Time of day of the position. */
  get time(): number {
    if (this.at === 0) return this.table.size > 0 ? this.table.createdAt.get(0) : 0;
    return this.table.evaluatedAt.get(this.table.counted.get(this.at - 1));
  }

  /** Number of the newest entry of each island's log: one for its opening, each batch and each result. */
  logs(islands: number): number[] {
    const tails = new Array<number>(islands).fill(0);
    const batches = new Array<number>(islands).fill(-1);
    for (let row = 0; row < this.size; row++) {
      const island = this.table.island.get(row);
      if (island >= islands) continue;
      const batch = this.table.batch.get(row);
      if (batch !== batches[island]) {
        batches[island] = batch;
        (tails[island] as number)++;
      }
      if (this.resultOf(row) !== null) (tails[island] as number)++;
    }
    return tails;
  }
}

/** Whether a result ranks above another one: measured to the end first, then the fitness. */
export function isAbove(table: RunTable, row: number, other: number): boolean {
  const [early, otherEarly] = [table.isStoppedEarly(row), table.isStoppedEarly(other)];
  if (early !== otherEarly) return otherEarly;
  return table.fitness.get(row) > table.fitness.get(other);
}

function acceptedBy(table: RunTable, at: number): number {
  let low = 0;
  let high = table.size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (table.acceptedAt.get(middle) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
