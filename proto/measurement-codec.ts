/**
 * The only codec of a measurement: to the wire and back, and to the lineage's table and back. Both name its fields in
 * camel case. An unknown value is null as a value and in the table, and absent on the wire.
 */
import { z } from "zod";
import type { Measurement__Output, Measurement as MeasurementMessage } from "./generated/kevo/v1/Measurement.ts";
import { type Measurement, type ReportedMeasurement, reportedMeasurement } from "./outcome.ts";

type Camel<S extends string> = S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;
type Fields = { [K in keyof ReportedMeasurement as Camel<K>]: ReportedMeasurement[K] };

/** As the lineage's table holds it, beside what says which candidate and round it belongs to. */
export type MeasurementRow = Omit<Fields, JsonField> & Readonly<Record<JsonField, string>>;
type JsonField = "samples" | "others" | "metrics";

const NAMES = (Object.keys(reportedMeasurement.shape) as (keyof ReportedMeasurement)[]).map(
  (name) => [name, name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())] as const,
);

export function measurementMessage(value: Measurement | ReportedMeasurement): MeasurementMessage {
  return Object.fromEntries(Object.entries(fieldsOf(value)).filter(([, field]) => field !== null));
}

/** Checks an evaluator's measurement. */
export const measurementOfMessage = z
  .custom<Measurement__Output>((message) => typeof message === "object" && message !== null)
  .transform((message) =>
    withoutGaps(Object.fromEntries(Object.entries(message).map(([name, field]) => [name, known(name, field)]))),
  )
  .pipe(reportedMeasurement);

export function measurementRow(value: ReportedMeasurement): MeasurementRow {
  const { samples, others, metrics, ...fields } = fieldsOf(value);
  const json = (field: unknown): string => JSON.stringify(field);
  return { ...fields, samples: json(samples), others: json(others), metrics: json(metrics) };
}

export function measurementOfRow(row: MeasurementRow): ReportedMeasurement {
  const { samples, others, metrics } = row;
  const parsed = { samples: JSON.parse(samples), others: JSON.parse(others), metrics: JSON.parse(metrics) };
  return withoutGaps({ ...row, ...parsed }) as ReportedMeasurement;
}

function fieldsOf(value: Measurement | ReportedMeasurement): Fields {
  const whole: ReportedMeasurement = { metrics: {}, ...value };
  return Object.fromEntries(NAMES.map(([name, field]) => [field, whole[name]])) as Fields;
}

function withoutGaps(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(NAMES.map(([name, field]) => [name, fields[field] ?? (name === "metrics" ? {} : null)]));
}

/**
 * Daemons of before the wire's optional fields send 0 and "" for what they do not know; of these only an error can be
 * 0.
 */
function known(name: string, field: unknown): unknown {
  return (field === 0 || field === "") && name !== "error" ? null : field;
}
