/** Which workloads and device model each island of a run is limited to. */
import type { Objective } from "@kevo/proto/objective.ts";
import { type Niche, niche, runSpec } from "@kevo/proto/run.ts";
import { eq } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";
import { islands, runs } from "../schema.ts";

export interface Niches {
  /** The objective of a recording other than the time. */
  readonly objective: Objective | undefined;
  /** Workloads of the run, in its order. */
  readonly workloads: readonly string[];
  /** Some island is limited to some of the workloads. */
  readonly perWorkload: boolean;
  /** Device models that islands are limited to, in the order of the islands; empty without limits. */
  readonly devices: readonly string[];
  /** Workloads that candidates of this island are judged by. */
  workloadsOf(island: number): readonly string[];
  nicheOf(island: number): Niche;
}

const NO_LIMIT: Niche = { workloads: null, device: null };

export function readNiches(db: LineageDatabase, run: string): Niches {
  const row = db.select({ spec: runs.spec }).from(runs).where(eq(runs.id, run)).get();
  const { workloads, objective } = runSpec
    .pick({ workloads: true, objective: true })
    .parse(JSON.parse(row?.spec ?? "{}"));
  const rows = db.select().from(islands).where(eq(islands.run, run)).orderBy(islands.island).all();
  const byIsland = new Map(rows.map((r) => [r.island, niche.parse(JSON.parse(r.niche))]));
  const nicheOf = (island: number) => byIsland.get(island) ?? NO_LIMIT;
  return {
    objective,
    workloads,
    perWorkload: [...byIsland.values()].some((n) => n.workloads !== null),
    devices: [...new Set([...byIsland.values()].flatMap(({ device }) => device ?? []))],
    workloadsOf: (island) => nicheOf(island).workloads ?? workloads,
    nicheOf,
  };
}

/** Describes a niche; empty without a limit. */
export function describeNiche({ workloads, device }: Niche): string {
  return [...(workloads ?? []), ...(device === null ? [] : [device])].join(", ");
}
