/** Candidates of a run that no other beats in both of two measured fields. */
import { isBetter, type MeasuredField } from "@kevo/proto/objective.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { and, eq } from "drizzle-orm";
import { z } from "zod";
import type { LineageDatabase } from "../database.ts";
import { type ObjectiveValue, objectiveValue } from "../run-objective.ts";
import { candidates, evaluations, measurements } from "../schema.ts";

export interface ParetoPoint {
  readonly candidate: string;
  readonly config: Config;
  readonly objective: ObjectiveValue;
  readonly beside: ObjectiveValue;
}

const metricsSchema = z.record(z.string(), z.number());

/** The best objective first, and the best of the second field last. The earliest of equals is kept. */
export function paretoFront(
  db: LineageDatabase,
  run: string,
  objective: MeasuredField,
  beside: MeasuredField,
): ParetoPoint[] {
  const points = db
    .select({ candidate: candidates.id, config: candidates.config, metrics: measurements.metrics })
    .from(measurements)
    .innerJoin(candidates, eq(candidates.id, measurements.candidate))
    .innerJoin(evaluations, eq(evaluations.candidate, measurements.candidate))
    .where(and(eq(evaluations.run, run), eq(evaluations.outcome, "ok"), eq(measurements.round, 0)))
    .orderBy(candidates.createdAt)
    .all()
    .flatMap(({ candidate, config, metrics }) => {
      const values = metricsSchema.parse(JSON.parse(metrics));
      const [first, second] = [values[objective.name], values[beside.name]];
      return first === undefined || second === undefined ? [] : [{ candidate, config, first, second }];
    });
  const order = (a: number, b: number, field: MeasuredField): number => (a === b ? 0 : isBetter(a, b, field) ? -1 : 1);
  points.sort((a, b) => order(a.first, b.first, objective) || order(a.second, b.second, beside));
  const front: ParetoPoint[] = [];
  let best: number | null = null;
  for (const { candidate, config, first, second } of points) {
    if (best !== null && !isBetter(second, best, beside)) continue;
    best = second;
    front.push({
      candidate,
      config: JSON.parse(config),
      objective: { ...objectiveValue(objective, first) },
      beside: { ...objectiveValue(beside, second) },
    });
  }
  return front;
}
