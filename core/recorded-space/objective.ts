/** The objective of a recording: from the file, or from the user who replays it. */
import { DIRECTIONS, type Direction, type MeasuredField, type Objective } from "@kevo/proto/objective.ts";
import { z } from "zod";
import { UserError } from "../errors/user-error.ts";
import type { RecordedRow, Recording } from "./formats/recording.ts";

/** Overrides what the file says. */
export const objectiveRequest = z.object({
  name: z.string().optional(),
  direction: z.enum(DIRECTIONS).optional(),
  /** A second field to carry along: its name, with `:min` or `:max` behind it where the name does not say it. */
  beside: z.string().optional(),
});
export type ObjectiveRequest = z.infer<typeof objectiveRequest>;

/** Kernel Tuner's names for a failure count as such values: 1e20 stood for "did not run" in earlier files. */
const SENTINEL = 1e20;
const TIME = "time";
/** Names that say which way is better. */
const HIGHER =
  /flops?\b|flop\/|[gmkt]b\/s|bandwidth|throughput|score|fitness|accuracy|speed|efficiency|\/(s|w|j|joule|watt)$/i;
const LOWER = /time|energy|power|latency|duration|cost|loss|error|runtime|cycles|joule|watt|(^|_)(ms|us|ns|s|j|w)$/i;

/**
 * @throws UserError (code 2) for a field that no row has, or one whose better direction neither the file nor its name
 * nor the request says.
 */
export function objectiveOf(recording: Recording, request: ObjectiveRequest, path: string): Objective {
  const name = request.name ?? recording.objective;
  const fromFile = name === recording.objective && recording.higherIsBetter !== null;
  const direction =
    request.direction ??
    (fromFile ? directionFrom(recording.higherIsBetter === true) : directionOfName(name)) ??
    unknownDirection(path, name, "add --maximize or --minimize");
  const values = valuesOf(recording, name, path);
  const beside = request.beside === undefined ? null : besideOf(recording, request.beside, path);
  return { name, direction, unit: unitOf(name), span: spanOf(values), beside };
}

/** Whether it is the time alone, so that the recording is the kernel that it always was. */
export function isPlainTime({ name, direction, beside, span }: Objective): boolean {
  return name === TIME && direction === "minimize" && beside === null && span === null;
}

/** The field as a number, or the reason why it is not one. */
export function measuredValue(row: RecordedRow, name: string): number | { readonly failure: string } {
  const field = Object.hasOwn(row.fields, name) ? row.fields[name] : undefined;
  if (field === undefined || field === null) return { failure: `no ${name} was recorded` };
  const value = typeof field === "string" && field.trim() !== "" ? Number(field) : field;
  if (typeof value !== "number" || !Number.isFinite(value)) return { failure: String(field) };
  if (Math.abs(value) >= SENTINEL) return { failure: `${value} marks a failure` };
  if (name === TIME && value <= 0) return { failure: `a time of ${value}` };
  return value;
}

function besideOf(recording: Recording, text: string, path: string): MeasuredField {
  const [, name = text, suffix] = /^(.*?)(?::(min|max))?$/s.exec(text) ?? [];
  valuesOf(recording, name, path);
  const direction = suffix === undefined ? directionOfName(name) : directionFrom(suffix === "max");
  return {
    name,
    direction: direction ?? unknownDirection(path, name, `write ${name}:min or ${name}:max`),
    unit: unitOf(name),
  };
}

const directionFrom = (higher: boolean): Direction => (higher ? "maximize" : "minimize");

function directionOfName(name: string): Direction | null {
  if (HIGHER.test(name)) return "maximize";
  return LOWER.test(name) ? "minimize" : null;
}

function unknownDirection(path: string, name: string, remedy: string): never {
  throw new UserError(`${path}: it is unknown whether a higher or a lower ${name} is better: ${remedy}.`, 2);
}

const unitOf = (name: string): string | null => (name === TIME ? "ms" : null);

/** @throws UserError (code 2) where no row has a number there, with the fields that have. */
function valuesOf({ rows }: Recording, name: string, path: string): number[] {
  const values = rows.flatMap((row) => {
    const value = row.failure === undefined ? measuredValue(row, name) : null;
    return typeof value === "number" ? [value] : [];
  });
  if (values.length > 0) return values;
  if (rows.every((row) => fieldsWithNumbers(row).length === 0)) {
    throw new UserError(`${path}: every recorded configuration failed`, 2);
  }
  const others = [...new Set(rows.flatMap(fieldsWithNumbers))].slice(0, 12).join(", ");
  throw new UserError(`${path}: no recorded configuration ran with a ${name}; numbers are recorded for ${others}.`, 2);
}

/** How long a tuner took is no result of a configuration. */
const TOOK = /^(compile|verification|benchmark|framework|strategy)_time$|^timestamp$/;

function fieldsWithNumbers(row: RecordedRow): string[] {
  return Object.keys(row.fields).filter(
    (field) => !row.values.has(field) && !TOOK.test(field) && typeof measuredValue(row, field) === "number",
  );
}

/** Null where all values are positive. */
function spanOf(values: readonly number[]): number | null {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return min > 0 ? null : Math.max(max - min, Number.EPSILON);
}
