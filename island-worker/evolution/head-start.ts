/**
 * A run for several devices begins with one of them: what it has learnt saves the next ones more of their beginning
 * than all of them would save each other later. Devices begin in the order of their islands.
 */
import type { RunSpec } from "@kevo/proto/run.ts";
import { type Knowledge, type NicheKnowledge, nicheOf } from "./knowledge.ts";
import { nicheKeyOf } from "./niche.ts";

/** Evaluations that a device has for itself before the next one begins, and at most this share of what it is due. */
const ALONE = 60;
const SHARE = 0.4;

/** Niches that differ from an island's by their device only, that one included, in the order of their islands. */
export function devicesOf({ spec, niches }: Knowledge, island: number): NicheKnowledge[] {
  const own = spec.islands[island]?.niche as RunSpec["islands"][number]["niche"];
  const keys = spec.islands
    .map(({ niche }) => niche)
    .filter((niche) => nicheKeyOf(spec, { ...niche, device: own.device }) === nicheKeyOf(spec, own))
    .map((niche) => nicheKeyOf(spec, niche));
  return [...new Set(keys)].map((key) => niches.get(key) as NicheKnowledge);
}

/**
 * Evaluations that each device has for itself. None where the time may end before the last device begins, or where
 * sources evolve, since evaluations of those teach nothing here; nor with --sync, where all islands ask at once.
 */
export function headStartOf({ spec, space, niches }: Knowledge): number {
  if (spec.sync || spec.search !== "default" || spec.time_s !== null || spec.evolves_source !== undefined) return 0;
  if (niches.size === 1) return 0;
  const most = (space.enumerated?.length ?? Number.POSITIVE_INFINITY) / 2;
  return Math.floor(Math.min(ALONE, (SHARE * spec.evaluations) / niches.size, most));
}

/** Whether the island proposes nothing yet, since another device has its start to itself. */
export function waits(knowledge: Knowledge, island: number): boolean {
  const alone = headStartOf(knowledge);
  const due = devicesOf(knowledge, island).find(
    ({ observations, underway }) => observations.length + underway.size < alone,
  );
  return due !== undefined && due !== nicheOf(knowledge, island);
}

/** Whether other devices had their start before the island's. */
export function isLed(knowledge: Knowledge, island: number): boolean {
  return headStartOf(knowledge) > 0 && devicesOf(knowledge, island)[0] !== nicheOf(knowledge, island);
}
