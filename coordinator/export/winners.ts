/** The result of a run for an export: the best configuration for each workload and device. */
import { genomeHash } from "@kevo/core/search-space/genome.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { and, eq } from "drizzle-orm";
import { comparisonOf } from "../lineage/comparison.ts";
import type { LineageDatabase } from "../lineage/database.ts";
import { bestByDevice } from "../lineage/queries/best.ts";
import { timesOf, type WorkloadTimes, winnersTimes } from "../lineage/queries/workloads.ts";
import { candidates, evaluations, evolvedSources } from "../lineage/schema.ts";

export interface Winner extends WorkloadTimes {
  readonly shape: Readonly<Record<string, number>>;
  /** Model of the device that it was measured on. */
  readonly device: string;
  readonly toolchain: string;
  readonly config: Config;
  /** Whether this is the fastest baseline's configuration, since no candidate was measurably faster. */
  readonly isBaseline: boolean;
  /** The code, where it evolved; null for the kernel's own. */
  readonly evolved: { readonly hash: string; readonly text: string } | null;
}

/** In the order of the run's workloads, for each device. Empty while nothing was measured. */
export function winnersOf(db: LineageDatabase, run: string, definition: KernelDefinition): Winner[] {
  const shapes = new Map(definition.workloads.map(({ name, shape }) => [name, shape]));
  const devices = [...bestByDevice(db, run).values()];
  const times = devices.length > 0 ? devices.flatMap(({ candidate }) => timesOf(db, candidate)) : winnersTimes(db, run);
  return times.map((time) => withBaseline(db, run, definition, winnerAt(time)));

  function winnerAt(time: WorkloadTimes): Winner {
    const row = db.select().from(candidates).where(eq(candidates.id, time.candidate)).get();
    const measured = row?.answeredBy ?? time.candidate;
    const evaluation = db.select().from(evaluations).where(eq(evaluations.candidate, measured)).get();
    return {
      ...time,
      shape: shapes.get(time.workload) ?? {},
      device: evaluation?.deviceModel ?? "unknown",
      toolchain: evaluation?.toolchain ?? "unknown",
      config: JSON.parse(row?.config ?? "{}"),
      isBaseline: false,
      evolved: evolvedOf(db, row?.source ?? null),
    };
  }
}

/** A winner that was not faster is not dispatched to: the fastest baseline replaces it, if that is a configuration. */
function withBaseline(db: LineageDatabase, run: string, definition: KernelDefinition, winner: Winner): Winner {
  if ((comparisonOf(winner) ?? "faster") === "faster") return winner;
  const baseline = definition.baselines.find(({ name }) => name === winner.baseline);
  if (baseline === undefined || definition.default === null || winner.baseline_ms === null) {
    return { ...winner, isBaseline: true };
  }
  const config = { ...definition.default, ...baseline.config };
  const row = db
    .select({ id: candidates.id })
    .from(candidates)
    .where(and(eq(candidates.run, run), eq(candidates.genome, genomeHash({ config, source: null }))))
    .get();
  return {
    ...winner,
    ...{ config, isBaseline: true, evolved: null, candidate: row?.id ?? winner.candidate },
    ...{ time_ms: winner.baseline_ms, speedup: 1, speedup_low: 1, speedup_high: 1, gflops: null, peak_share: null },
    ...{ gbytes_per_s: null, bandwidth_share: null, bandwidth_of: null, roofline: null },
  };
}

function evolvedOf(db: LineageDatabase, hash: string | null): Winner["evolved"] {
  if (hash === null) return null;
  const row = db.select({ text: evolvedSources.text }).from(evolvedSources).where(eq(evolvedSources.hash, hash)).get();
  if (row === undefined) throw new Error(`the code ${hash} of a candidate is not stored`);
  return { hash, text: row.text };
}
