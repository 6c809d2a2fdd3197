/** The conditions that finalists were measured under: versions, clocks, temperature, as the evaluator told. */
import { and, eq } from "drizzle-orm";
import { z } from "zod";
import type { LineageDatabase } from "../database.ts";
import { events } from "../schema.ts";

/** The kind of event that says so; its message is the candidate's id, a blank, and a JSON object. */
export const MEASURED_UNDER = "measured_under";

/** What one measurement was made under. Names that are not known here are kept. */
const measurementConditions = z
  .object({
    /** By workload: baselines that do not run on it, and why. */
    baselines_left_out: z.record(z.string(), z.record(z.string(), z.string())).optional(),
  })
  .catchall(z.unknown());
export type MeasurementConditions = z.infer<typeof measurementConditions>;

/** By candidate, one for each time that it was measured again. */
export function measurementConditionsOf(db: LineageDatabase, run: string): Map<string, MeasurementConditions[]> {
  const rows = db
    .select({ message: events.message })
    .from(events)
    .where(and(eq(events.run, run), eq(events.kind, MEASURED_UNDER)))
    .all();
  const found = new Map<string, MeasurementConditions[]>();
  for (const { message } of rows) {
    const blank = message.indexOf(" ");
    const candidate = message.slice(0, blank);
    const told = measurementConditions.parse(JSON.parse(message.slice(blank + 1)));
    found.set(candidate, [...(found.get(candidate) ?? []), told]);
  }
  return found;
}
