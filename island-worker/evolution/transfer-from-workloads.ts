/**
 * Transfer from other niches. The best configurations of one kernel's workloads differ, but not in everything: a
 * configuration that is among the best on some is worth a try on the others.
 */
import type { Genes } from "@kevo/core/search-space/search-space.ts";
import { type Knowledge, nicheOf } from "./knowledge.ts";

/** How much worse than a niche's mean (in logarithms of time) a failure there counts. */
const FAILURE = 0.5;
/** A configuration's gains are averaged as if one more niche had found it ordinary: one lucky niche is not enough. */
const DOUBT = 1;
/** Results from which a niche's mean means something. */
const MIN_RESULTS = 3;

/**
 * The configuration that did best on other niches, each compared with its own mean, and is not taken on this
 * island's; null where there is one niche only, or nothing better than ordinary is left.
 */
export function transferFromWorkloads(
  knowledge: Knowledge,
  island: number,
  isTaken: (key: number | string) => boolean,
): Genes | null {
  const own = nicheOf(knowledge, island);
  const found = new Map<number | string, { genes: Genes; gain: number; niches: number }>();
  for (const { observations } of knowledge.niches.values()) {
    if (observations === own.observations) continue;
    const values = observations.flatMap(({ value }) => (value === null ? [] : [value]));
    if (values.length < MIN_RESULTS) continue;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    for (const { key, genes, value } of observations) {
      if (isTaken(key)) continue;
      const gain = value === null ? -FAILURE : mean - value;
      const known = found.get(key);
      found.set(key, { genes, gain: (known?.gain ?? 0) + gain, niches: (known?.niches ?? 0) + 1 });
    }
  }
  let best: { genes: Genes; score: number } | null = null;
  for (const { genes, gain, niches } of found.values()) {
    const score = gain / (niches + DOUBT);
    if (score > (best?.score ?? 0)) best = { genes, score };
  }
  return best?.genes ?? null;
}
