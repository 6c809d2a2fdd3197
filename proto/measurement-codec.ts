/**
 * The one codec of a measurement: to the wire and back, and to the lineage's table and back. Both name its fields in
 * camel case. What is not known is null as a value and in the table, and absent on the wire.
 */
import { z } from "zod";
import type { Measurement__Output, Measurement as MeasurementMessage } from "./generated/kevo/v1/Measurement.ts";
import { type Measurement, measurement } from "./outcome.ts";

type Camel<S extends string> = S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;
type Fields = { [K in keyof Measurement as Camel<K>]: Measurement[K] };

/** As the lineage's table holds it, beside what says which candidate and round it belongs to. */
export type MeasurementRow = Omit<Fields, "samples" | "others"> & { readonly samples: string; readonly others: string };

const NAMES = (Object.keys(measurement.shape) as (keyof Measurement)[]).map(
  (name) => [name, name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())] as const,
);

export function measurementMessage(value: Measurement): MeasurementMessage {
  return Object.fromEntries(Object.entries(fieldsOf(value)).filter(([, field]) => field !== null));
}

/** What an evaluator sent, checked. */
export const measurementOfMessage = z
  .custom<Measurement__Output>((message) => typeof message === "object" && message !== null)
  .transform((message) =>
    withoutGaps(Object.fromEntries(Object.entries(message).map(([name, field]) => [name, known(name, field)]))),
  )
  .pipe(measurement);

export function measurementRow(value: Measurement): MeasurementRow {
  const { samples, others, ...fields } = fieldsOf(value);
  return { ...fields, samples: JSON.stringify(samples), others: JSON.stringify(others) };
}

export function measurementOfRow(row: MeasurementRow): Measurement {
  return withoutGaps({ ...row, samples: JSON.parse(row.samples), others: JSON.parse(row.others) }) as Measurement;
}

function fieldsOf(value: Measurement): Fields {
  return Object.fromEntries(NAMES.map(([name, field]) => [field, value[name]])) as Fields;
}

function withoutGaps(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(NAMES.map(([name, field]) => [name, fields[field] ?? null]));
}

/** Daemons of before the wire's optional fields send 0 and "" for what they do not know; of these only an error can be 0. */
function known(name: string, field: unknown): unknown {
  return (field === 0 || field === "") && name !== "error" ? null : field;
}
