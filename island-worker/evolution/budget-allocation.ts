/**
 * Decides which devices receive the next evaluations of a budget that several share. Neither a surrogate nor the time
 * since the last gain tells whether a device is done. Another device does: two independent searches that end at the
 * same configuration are unlikely to have both missed the optimum. Such devices leave the budget to the rest, until
 * those have had their share.
 */
import { bestValue, type Device, devicesLike, NEAR } from "./devices.ts";
import { type Knowledge, type NicheKnowledge, nicheOf } from "./knowledge.ts";

/** Results of each before two devices that agree mean something: early bests are alike and poor. */
const MIN_RESULTS = 100;
/** A device that agrees with no other gets this many evaluations for each one of a device with agreement. */
const SHARE = 3;

/**
 * Whether the island waits for others, since its device's best is confirmed and another's is not. Never where the
 * budget is not evaluations, with --sync, or where code evolves: there a device's time is its own, islands step
 * together, or wait for models.
 * @param goesOn false while the island cannot progress, such as without an evaluator for its device: none waits for it.
 */
export function leavesBudgetToOthers(
  knowledge: Knowledge,
  island: number,
  goesOn: (island: number) => boolean,
): boolean {
  const { spec, space, niches } = knowledge;
  // Of two devices both are confirmed or neither.
  if (niches.size < 3) return false;
  if (spec.sync || spec.time_s !== null || spec.evolves_source !== undefined || spec.search === "random") return false;
  const own = nicheOf(knowledge, island);
  if (own.observations.length < MIN_RESULTS) return false;
  const devices = devicesLike(knowledge, island);
  const confirmed = confirmedOf(devices);
  if (!confirmed.has(own)) return false;
  return devices.some(({ niche, islands }) => {
    const goal = Math.min(SHARE * begun(own), space.count);
    return !confirmed.has(niche) && begun(niche) < goal && islands.some(goesOn);
  });
}

/** Devices that share a configuration which is nearly the best on both, as far as is known. */
function confirmedOf(devices: readonly Device[]): Set<NicheKnowledge> {
  const known = devices.filter(({ niche }) => niche.observations.length >= MIN_RESULTS);
  const bests = known.map(({ niche }) => ({ niche, keys: nearBest(niche) }));
  const agreeing = bests.filter((one) =>
    bests.some((other) => other !== one && [...one.keys].some((key) => other.keys.has(key))),
  );
  return new Set(agreeing.map(({ niche }) => niche));
}

function nearBest({ observations }: NicheKnowledge): Set<number | string> {
  const limit = bestValue(observations) + NEAR;
  return new Set(observations.filter(({ value }) => value !== null && value <= limit).map(({ key }) => key));
}

function begun({ observations, underway }: NicheKnowledge): number {
  return observations.length + underway.size;
}
