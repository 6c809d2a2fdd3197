/** The agreement of an island's device with the run's other devices. */
import { nicheKeyOf } from "@kevo/proto/niche-key.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { type Knowledge, type NicheKnowledge, nicheOf } from "./knowledge.ts";
import type { Observation } from "./surrogate/observation.ts";

/** Nearly the best: within this distance of it, in logarithms of time. */
export const NEAR = 0.05;

export interface Device {
  readonly niche: NicheKnowledge;
  /** Indices of its islands. */
  readonly islands: readonly number[];
}

/** Niches that differ from the island's by their device only, the island's own first. */
export function devicesLike({ spec, niches }: Knowledge, island: number): Device[] {
  const own = (spec.islands[island] as RunSpec["islands"][number]).niche;
  const islandsOf = new Map<string, number[]>([[nicheKeyOf(spec, own), []]]);
  for (const { index, niche } of spec.islands) {
    if (nicheKeyOf(spec, { ...niche, device: own.device }) !== nicheKeyOf(spec, own)) continue;
    const key = nicheKeyOf(spec, niche);
    islandsOf.set(key, [...(islandsOf.get(key) ?? []), index]);
  }
  return [...islandsOf].map(([key, islands]) => ({ niche: niches.get(key) as NicheKnowledge, islands }));
}

/** The others of them. */
export function otherDevices(knowledge: Knowledge, island: number): NicheKnowledge[] {
  const own = nicheOf(knowledge, island);
  return devicesLike(knowledge, island).flatMap(({ niche }) => (niche === own ? [] : [niche]));
}

/** Smallest logarithm of time; infinite before the first success. */
export function bestValue(observations: readonly Observation[]): number {
  return observations.reduce((low, { value }) => Math.min(low, value ?? low), Number.POSITIVE_INFINITY);
}
