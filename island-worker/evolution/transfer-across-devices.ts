/**
 * Transfer from other devices. A configuration that is nearly the best on one device is seldom so on another, but more
 * often than by chance, also where the surrogate expects nothing. So it is tried in place of offspring, the less often
 * the more such configurations have disappointed here.
 */
import type { Random } from "@kevo/core/random/random.ts";
import type { Genes } from "@kevo/core/search-space/search-space.ts";
import { bestValue, NEAR, otherDevices } from "./devices.ts";
import { type Knowledge, nicheOf } from "./knowledge.ts";

/** Configurations within this distance of a device's best, in logarithms of time, count as equally good. */
const KIND = 0.25;
/** Prior pseudo-count of successful transfers: before any were tried, this many count as nearly the best here too. */
const BELIEF = 2;
/** Results from which a device's best means something, and most configurations that it offers. */
const MIN_RESULTS = 24;
const MAX_TRANSFERS = 16;

/**
 * Configurations that do nearly best on other devices with the same workloads and are not taken here; each device's
 * with a chance that the results here decide. None with --sync, where islands must not depend on how far others are.
 */
export function transferAcrossDevices(
  knowledge: Knowledge,
  island: number,
  random: Random,
  isTaken: (key: number | string) => boolean,
): Genes[] {
  const others = knowledge.spec.sync ? [] : otherDevices(knowledge, island);
  if (others.length === 0) return [];
  const own = nicheOf(knowledge, island);
  const here = new Map(own.observations.map(({ key, value }) => [key, value]));
  const good = bestValue(own.observations) + NEAR;
  return others.flatMap(({ observations }) => {
    if (observations.length < MIN_RESULTS) return [];
    const best = bestValue(observations);
    const within = (range: number) => observations.filter(({ value }) => value !== null && value <= best + range);
    const tried = within(KIND).filter(({ key }) => here.has(key));
    const kept = tried.filter(({ key }) => (here.get(key) ?? Number.POSITIVE_INFINITY) <= good);
    if (random.uniform() > (BELIEF + kept.length) / (BELIEF + tried.length)) return [];
    return within(NEAR)
      .filter(({ key }) => !isTaken(key))
      .sort((a, b) => (a.value as number) - (b.value as number))
      .slice(0, MAX_TRANSFERS)
      .map(({ genes }) => genes);
  });
}
