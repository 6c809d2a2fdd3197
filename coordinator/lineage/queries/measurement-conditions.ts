/** The conditions that finalists were measured under: versions, clocks, temperature, as the evaluator told. */
import type { MeasurementConditions } from "@kevo/proto/event.ts";
import type { LineageDatabase } from "../database.ts";
import { eventsOf } from "./events.ts";

/** By candidate, one for each time that it was measured again. */
export function measurementConditionsOf(db: LineageDatabase, run: string): Map<string, MeasurementConditions[]> {
  const told = Map.groupBy(eventsOf(db, run, "measured_under"), ({ candidate }) => candidate);
  return new Map([...told].map(([candidate, events]) => [candidate, events.map(({ conditions }) => conditions)]));
}
