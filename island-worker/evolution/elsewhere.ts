/**
 * What other devices teach this one. What is nearly the best on one is seldom so on another, but more often than
 * chance has it, and a surrogate that knows little of the place says that nothing is to be gained there. So it counts
 * for more than is expected of it, and for less again the more of the kind have disappointed here.
 */
import type { Genes } from "@kevo/core/search-space/search-space.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { type Knowledge, type NicheKnowledge, nicheOf } from "./knowledge.ts";
import { nicheKeyOf } from "./niche.ts";
import type { Observation } from "./surrogate/observation.ts";

/** What a configuration's expected improvement is multiplied by, and how many trials of its kind weigh as much as that. */
const FAVOUR = 10;
const BELIEF = 4;
/** Nearly the best: within so much of it, in logarithms of time. The kind to judge by is wider. */
const NEAR = 0.05;
const KIND = 0.25;
/** Results from which a device's best means something, and most of its favourites that are offered. */
const LEAST_RESULTS = 24;
const MOST = 16;

export interface Favourite {
  readonly genes: Genes;
  /** At least 1: how many times its expected improvement counts. */
  readonly favour: number;
}

/**
 * Configurations that do nearly best on other devices with the same workloads and are not taken here. None with
 * --sync, where islands must not depend on how far others have come.
 */
export function favouritesElsewhere(
  knowledge: Knowledge,
  island: number,
  isTaken: (key: number | string) => boolean,
): Favourite[] {
  if (knowledge.spec.sync) return [];
  const own = nicheOf(knowledge, island);
  const here = new Map(own.observations.map(({ key, value }) => [key, value]));
  const good = bestValue(own.observations) + NEAR;
  return otherDevices(knowledge, island).flatMap(({ observations }) => {
    if (observations.length < LEAST_RESULTS) return [];
    const best = bestValue(observations);
    const within = (range: number) => observations.filter(({ value }) => value !== null && value <= best + range);
    const offered = within(NEAR)
      .filter(({ key }) => !isTaken(key))
      .sort((a, b) => (a.value as number) - (b.value as number))
      .slice(0, MOST);
    if (offered.length === 0) return [];
    const tried = within(KIND).filter(({ key }) => here.has(key));
    const kept = tried.filter(({ key }) => (here.get(key) ?? Number.POSITIVE_INFINITY) <= good);
    const favour = Math.max(1, (FAVOUR * (BELIEF + kept.length)) / (BELIEF + tried.length));
    return offered.map(({ genes }) => ({ genes, favour }));
  });
}

/** Niches that differ from the island's by their device only. */
function otherDevices({ spec, niches }: Knowledge, island: number): NicheKnowledge[] {
  const own = (spec.islands[island] as RunSpec["islands"][number]).niche;
  const keys = spec.islands
    .filter(({ niche }) => niche.device !== own.device)
    .filter(({ niche }) => nicheKeyOf(spec, { ...niche, device: own.device }) === nicheKeyOf(spec, own))
    .map(({ niche }) => nicheKeyOf(spec, niche));
  return [...new Set(keys)].map((key) => niches.get(key) as NicheKnowledge);
}

function bestValue(observations: readonly Observation[]): number {
  return observations.reduce((low, { value }) => Math.min(low, value ?? low), Number.POSITIVE_INFINITY);
}
