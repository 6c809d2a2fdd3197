/** A recording, whichever program wrote it. */
import type { Outcome } from "@kevo/proto/outcome.ts";
import type { ParamValue } from "@kevo/proto/search-space.ts";

export type Scalar = number | string | boolean;

export interface RecordedRow {
  /** How messages name it. */
  readonly label: string;
  /** By parameter. */
  readonly values: ReadonlyMap<string, ParamValue>;
  /** The measured values by name, as in the file. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Why it did not run, where the file says so apart from the objective's field. */
  readonly failure?: { readonly outcome: Exclude<Outcome, "ok">; readonly message: string } | undefined;
  /** Single timings, milliseconds. */
  readonly samples: readonly number[];
  readonly compileMs: number;
  readonly verifyMs: number;
  readonly benchmarkMs: number;
}

export interface Recording {
  /** Empty where the file does not say. */
  readonly deviceName: string;
  readonly kernelName: string;
  /** The field that was tuned for. */
  readonly objective: string;
  /** Null where the file does not say. */
  readonly higherIsBetter: boolean | null;
  /** By parameter, in the file's order, every value that it could take. */
  readonly parameters: ReadonlyMap<string, readonly Scalar[]>;
  /** Expressions that all rows satisfy; empty where the file has none. */
  readonly constraints: readonly string[];
  readonly rows: readonly RecordedRow[];
}
