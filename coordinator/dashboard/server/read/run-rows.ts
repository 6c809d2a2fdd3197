/**
 * The rows of a run in a table whose rows are only added, in their order. SQLite would find them by an index over the
 * run, one by one, and then sort them; where they lie in the table is known, so it need not.
 */
import type { ReadOnlyLineage } from "../../../lineage/read-only.ts";

/** So many at a time are quicker than one by one, and little to hold. */
const CHUNK = 1_000;

type Row = readonly [rowid: number, ...columns: unknown[]];

export class RunRows {
  readonly #lineage: ReadOnlyLineage;
  readonly #table: "candidates" | "evaluations";
  readonly #run: string;
  /** Before the run's first; null before the first look. */
  #first: number | null = null;
  /** The last that was looked at, of whichever run. */
  #seen = 0;

  constructor(lineage: ReadOnlyLineage, table: "candidates" | "evaluations", run: string) {
    this.#lineage = lineage;
    this.#table = table;
    this.#run = run;
  }

  /**
   * Those that were not read before. To be read to its end, within one transaction.
   *
   * @param columns of which the first is the rowid.
   */
  *unread(columns: string): Generator<Row, void> {
    const { sqlite } = this.#lineage;
    const newest = sqlite.prepare(`select max(rowid) from ${this.#table}`).pluck().get() as number | null;
    if (newest === null || newest === this.#seen) return;
    if (this.#first === null) {
      const [first, last] = sqlite
        .prepare(`select min(rowid), max(rowid) from ${this.#table} where run = ?`)
        .raw()
        .get(this.#run) as [number | null, number | null];
      this.#first = first === null ? newest : first - 1;
      yield* this.#between(columns, this.#first, last ?? newest);
    } else yield* this.#between(columns, this.#seen, newest);
    this.#seen = newest;
  }

  /**
   * Those that were read before, again.
   *
   * @param condition more that must hold, with its values.
   */
  *again(columns: string, condition: string, values: readonly number[]): Generator<Row, void> {
    if (this.#first !== null) yield* this.#between(columns, this.#first, this.#seen, ` and ${condition}`, values);
  }

  *#between(
    columns: string,
    after: number,
    last: number,
    condition = "",
    values: readonly number[] = [],
  ): Generator<Row, void> {
    // The plus keeps the index out of it.
    const chunk = this.#lineage.sqlite
      .prepare(
        `select ${columns} from ${this.#table} where rowid > ? and rowid <= ? and +run = ?${condition}
         order by rowid limit ${CHUNK}`,
      )
      .raw();
    for (let from = after; from < last; ) {
      const rows = chunk.all(from, last, this.#run, ...values) as Row[];
      yield* rows;
      from = rows.length < CHUNK ? last : (rows.at(-1) as Row)[0];
    }
  }
}
