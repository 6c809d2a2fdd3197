/**
 * A run's candidates in the order of acceptance, with their results in the order in which they were counted. It only
 * grows, so the run as it stood at any position is a beginning of it.
 */
import { OUTCOMES, type Outcome } from "@kevo/proto/outcome.ts";
import type { ParamValue } from "@kevo/proto/search-space.ts";
import { DistinctValues } from "./distinct-values.ts";
import { Growing } from "./growing.ts";
import { PlaceIndex } from "./place-index.ts";

/** Columns as the lineage names them. */
export interface CandidateRecord {
  readonly island: number;
  readonly batch: number;
  readonly position: number;
  readonly proposer: string;
  /** JSON. */
  readonly config: string;
  readonly evolved: boolean;
  readonly answeredBy: string | null;
  readonly createdAt: number;
}
export interface EvaluationRecord {
  readonly candidate: string;
  readonly outcome: Outcome;
  readonly fitness: number | null;
  readonly timeMs: number | null;
  readonly laneMs: number | null;
  readonly stoppedEarly: boolean;
  readonly createdAt: number;
}

const PENDING = OUTCOMES.length;
const ABSENT = 0xffffffff;

/** Names, each with the number that stands for it. */
class Names {
  readonly list: string[] = [];
  readonly #numbers = new Map<string, number>();

  of(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.list.length);
    return this.list.push(name) - 1;
  }
}

export interface ParameterColumn {
  readonly name: string;
  /** Values in the order in which they were first met. */
  readonly values: readonly ParamValue[];
  readonly at: Growing<Uint32Array>;
}

/** Of the characters of a place, from that of 0. */
const ZERO = 48;
const SLASH = -1;
const MAX_PLACE = 30;
/** Where a name is taken apart: its island and its batch. */
const place = [0, 0];

export class RunTable {
  readonly run: string;
  readonly #prefix: string;
  readonly #proposers = new Names();
  readonly island = new Growing(Uint16Array);
  readonly batch = new Growing(Uint32Array);
  readonly position = new Growing(Uint16Array);
  readonly proposer = new Growing(Uint16Array);
  readonly createdAt = new Growing(Float64Array);
  /** Evaluations that were counted when it was accepted. */
  readonly acceptedAt = new Growing(Uint32Array);
  /** 1 where evolved code is part of the genome. */
  readonly evolved = new Growing(Uint8Array);
  /** Row of the candidate whose evaluation answers it: itself, or another one of the same genome. */
  readonly answer = new Growing(Uint32Array);
  /** Of its own evaluation, from 1; 0 where it has none. */
  readonly evaluation = new Growing(Uint32Array);
  readonly #outcome = new Growing(Uint8Array);
  readonly fitness = new Growing(Float64Array);
  readonly timeMs = new Growing(Float64Array);
  readonly laneMs = new Growing(Float64Array);
  readonly #early = new Growing(Uint8Array);
  readonly evaluatedAt = new Growing(Float64Array);
  /** Rows in the order in which their evaluations were counted. */
  readonly counted = new Growing(Uint32Array);
  readonly parameters: ParameterColumn[] = [];
  /** Origin of a migrant, by row. */
  readonly origins = new Map<number, string>();
  readonly #byName = new Map<string, ParameterColumn>();
  readonly #distinct = new Map<ParameterColumn, DistinctValues>();
  readonly #rows = new PlaceIndex(this);

  constructor(run: string) {
    this.run = run;
    this.#prefix = `${run}/`;
  }

  get size(): number {
    return this.island.length;
  }

  get evaluations(): number {
    return this.counted.length;
  }

  get proposers(): readonly string[] {
    return this.#proposers.list;
  }

  /** Joins what is new, one at a time, in the order of its time; a candidate comes before its own evaluation. */
  add(candidates: Iterable<CandidateRecord>, evaluations: Iterable<EvaluationRecord>): void {
    const more = candidates[Symbol.iterator]();
    let next = more.next();
    const accept = () => {
      this.#accept(next.value as CandidateRecord);
      next = more.next();
    };
    for (const evaluation of evaluations) {
      while (next.done !== true && next.value.createdAt < evaluation.createdAt) accept();
      let row = this.rowOf(evaluation.candidate);
      while (next.done !== true && row === null) {
        accept();
        row = this.rowOf(evaluation.candidate);
      }
      // One whose candidate is not stored tells nothing that a page could show.
      if (row !== null) this.#count(row, evaluation);
    }
    while (next.done !== true) accept();
  }

  idOf(row: number): string {
    return `${this.run}/${this.island.get(row)}/${this.batch.get(row)}/${this.position.get(row)}`;
  }

  /** Null for a candidate of another run, and an unknown one. */
  rowOf(id: string): number | null {
    if (!id.startsWith(this.#prefix) || id.length > this.#prefix.length + MAX_PLACE) return null;
    // A million of them are looked up when a long run is read: `split` would take most of that time.
    let [part, number] = [0, 0];
    for (let at = this.#prefix.length; at < id.length; at++) {
      const digit = id.charCodeAt(at) - ZERO;
      if (digit === SLASH) {
        place[part++] = number;
        number = 0;
      } else if (digit >= 0 && digit <= 9) number = 10 * number + digit;
      else return null;
    }
    return part === 2 ? this.#rows.find(place[0] as number, place[1] as number, number) : null;
  }

  proposerOf(row: number): string {
    return this.proposers[this.proposer.get(row)] as string;
  }

  /** Of its evaluation, or of the one that answers it; null while it has none. */
  outcomeOf(row: number): Outcome | null {
    return OUTCOMES[this.#outcome.get(row)] ?? null;
  }

  isStoppedEarly(row: number): boolean {
    return this.#early.get(row) === 1;
  }

  /** Undefined where the configuration has no such parameter. */
  valueOf(row: number, { at, values }: ParameterColumn): ParamValue | undefined {
    const index = at.get(row);
    return index === ABSENT ? undefined : values[index];
  }

  parameter(name: string): ParameterColumn | undefined {
    return this.#byName.get(name);
  }

  configOf(row: number): Record<string, ParamValue> {
    return Object.fromEntries(
      this.parameters.flatMap((parameter) => {
        const value = this.valueOf(row, parameter);
        return value === undefined ? [] : [[parameter.name, value]];
      }),
    );
  }

  #accept(candidate: CandidateRecord): void {
    const row = this.size;
    const { island, batch, position, answeredBy } = candidate;
    const answer = answeredBy === null ? row : (this.rowOf(answeredBy) ?? row);
    this.island.push(island);
    this.batch.push(batch);
    this.position.push(position);
    this.proposer.push(this.#proposers.of(candidate.proposer));
    this.createdAt.push(candidate.createdAt);
    this.acceptedAt.push(this.evaluations);
    this.evolved.push(candidate.evolved ? 1 : 0);
    this.answer.push(answer);
    this.evaluation.push(0);
    this.#outcome.push(PENDING);
    this.fitness.push(Number.NaN);
    this.timeMs.push(Number.NaN);
    this.laneMs.push(Number.NaN);
    this.#early.push(0);
    this.evaluatedAt.push(Number.NaN);
    this.#rows.add(row);
    this.#configure(row, JSON.parse(candidate.config));
  }

  #configure(row: number, config: Readonly<Record<string, ParamValue>>): void {
    for (const name of Object.keys(config)) {
      if (this.#byName.has(name)) continue;
      const distinct = new DistinctValues();
      const column: ParameterColumn = { name, values: distinct.list, at: new Growing(Uint32Array) };
      for (let before = 0; before < row; before++) column.at.push(ABSENT);
      this.#byName.set(name, column);
      this.#distinct.set(column, distinct);
      this.parameters.push(column);
    }
    for (const column of this.parameters) {
      const value = config[column.name];
      const number = value === undefined ? ABSENT : (this.#distinct.get(column) as DistinctValues).numberOf(value);
      column.at.push(number);
    }
  }

  #count(row: number, evaluation: EvaluationRecord): void {
    this.counted.push(row);
    this.evaluation.set(row, this.evaluations);
    this.#outcome.set(row, OUTCOMES.indexOf(evaluation.outcome));
    this.fitness.set(row, evaluation.fitness ?? Number.NaN);
    this.timeMs.set(row, evaluation.timeMs ?? Number.NaN);
    this.laneMs.set(row, evaluation.laneMs ?? Number.NaN);
    this.#early.set(row, evaluation.stoppedEarly ? 1 : 0);
    this.evaluatedAt.set(row, evaluation.createdAt);
  }
}
