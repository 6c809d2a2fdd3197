/** The differences between two candidates: parameters, code, and times. */
import type { Config, ParamValue } from "@kevo/proto/search-space.ts";
import type { LineageDatabase } from "../database.ts";
import type { candidates } from "../schema.ts";
import { codeDifference } from "./evolved-source.ts";
import { evaluationOf } from "./show.ts";
import { timesOf, type WorkloadTimes } from "./workloads.ts";

type CandidateRow = typeof candidates.$inferSelect;

export interface Difference {
  readonly a: string;
  readonly b: string;
  /** Parameters with different values; null where one of the two has no such parameter. */
  readonly parameters: readonly {
    readonly parameter: string;
    readonly a: ParamValue | null;
    readonly b: ParamValue | null;
  }[];
  /** How many parameters are the same. */
  readonly same: number;
  /** Their evolved code is the same, or neither has one. */
  readonly same_source: boolean;
  /** The difference of their code, as a unified diff; null for equal code. */
  readonly source_diff: string | null;
  readonly outcomes: { readonly a: string | null; readonly b: string | null };
  readonly workloads: readonly {
    readonly workload: string;
    readonly a_ms: number | null;
    readonly b_ms: number | null;
    readonly a_speedup: number | null;
    readonly b_speedup: number | null;
    /** a_ms / b_ms: above 1, B is faster. */
    readonly ratio: number | null;
  }[];
}

export function differenceOf(db: LineageDatabase, a: CandidateRow, b: CandidateRow): Difference {
  const [left, right] = [configOf(a), configOf(b)];
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  const differing = names.filter((name) => JSON.stringify(left[name]) !== JSON.stringify(right[name]));
  const [timesA, timesB] = [timesByWorkload(db, a), timesByWorkload(db, b)];
  return {
    a: a.id,
    b: b.id,
    parameters: differing.map((parameter) => ({
      parameter,
      a: left[parameter] ?? null,
      b: right[parameter] ?? null,
    })),
    same: names.length - differing.length,
    same_source: a.source === b.source,
    source_diff: codeDifference(db, a, b),
    outcomes: { a: outcomeOf(db, a), b: outcomeOf(db, b) },
    workloads: [...new Set([...timesA.keys(), ...timesB.keys()])].map((workload) => {
      const [mine, other] = [timesA.get(workload), timesB.get(workload)];
      return {
        workload,
        a_ms: mine?.time_ms ?? null,
        b_ms: other?.time_ms ?? null,
        a_speedup: mine?.speedup ?? null,
        b_speedup: other?.speedup ?? null,
        ratio: ratioOf(mine?.time_ms ?? null, other?.time_ms ?? null),
      };
    }),
  };
}

const ratioOf = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a / b);

function configOf(row: CandidateRow): Config {
  return JSON.parse(row.config);
}

function timesByWorkload(db: LineageDatabase, row: CandidateRow): Map<string, WorkloadTimes> {
  return new Map(timesOf(db, row.answeredBy ?? row.id).map((times) => [times.workload, times]));
}

function outcomeOf(db: LineageDatabase, row: CandidateRow): string | null {
  return evaluationOf(db, row.answeredBy ?? row.id)?.outcome ?? null;
}
