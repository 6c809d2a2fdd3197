/** How quiet the machines were while a run's finalists were measured. */
import { type RunQuietness, runQuietness } from "@kevo/proto/quietness.ts";
import type { LineageDatabase } from "../database.ts";
import { measurementConditionsOf } from "./measurement-conditions.ts";

/** Null where no evaluator told: in replay, on GPUs, in runs of before, and until a finalist was measured. */
export function quietnessOf(db: LineageDatabase, run: string): RunQuietness | null {
  const told = [...measurementConditionsOf(db, run).values()].flat().flatMap(({ quietness }) => quietness ?? []);
  if (told.length === 0) return null;
  const most = (values: readonly number[]) => Math.max(...values);
  return runQuietness.parse({
    measurements: told.length,
    load_per_core: mean(told.map(({ load_per_core }) => load_per_core)),
    stolen: mean(told.map(({ stolen }) => stolen)),
    pressure: mean(told.map(({ pressure }) => pressure)),
    waited: most(told.map(({ waited }) => waited)),
    aa_ratio: most(told.map(({ aa_ratio }) => aa_ratio)),
    drift: most(told.map(({ drift }) => drift)),
  });
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
