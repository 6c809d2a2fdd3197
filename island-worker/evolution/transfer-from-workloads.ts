/**
 * Transfer from other niches. The best configurations of one kernel's workloads differ, but not in everything: a
 * configuration that is among the best on some is worth a try on the others, most of all on those like them.
 */
import type { Genes } from "@kevo/core/search-space/search-space.ts";
import { nicheKeyOf } from "@kevo/proto/niche-key.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { bestValue } from "./devices.ts";
import { type Knowledge, nicheOf } from "./knowledge.ts";

/** How much worse than a niche's best (in logarithms of time) a failure there counts, and what nobody has tried. */
const FAILURE = 1;
const ORDINARY = 0.5;
/** Weight of that doubt: as much as one niche far away. One lucky niche is not enough. */
const DOUBT = 0.05;
/** Results from which a niche's best means something. */
const MIN_RESULTS = 3;

/**
 * Untaken configurations that did well on other niches, the most promising first, each with what it is expected to
 * lose against the best here (in logarithms of time); none where there is one niche only.
 */
export function transferFromWorkloads(
  knowledge: Knowledge,
  island: number,
  isTaken: (key: number | string) => boolean,
  count: number,
): { readonly genes: Genes; readonly loss: number }[] {
  const { spec, niches, similarity } = knowledge;
  const own = nicheOf(knowledge, island);
  const weights = similarity(nicheKeyOf(spec, (spec.islands[island] as RunSpec["islands"][number]).niche));
  const found = new Map<number | string, { genes: Genes; loss: number; weight: number }>();
  for (const [niche, { observations }] of niches) {
    if (observations === own.observations || observations.length < MIN_RESULTS) continue;
    const best = bestValue(observations);
    const weight = weights.get(niche) ?? 0;
    for (const { key, genes, value } of observations) {
      if (isTaken(key)) continue;
      const loss = value === null ? FAILURE : Math.min(FAILURE, value - best);
      const known = found.get(key);
      found.set(key, {
        genes,
        loss: (known?.loss ?? DOUBT * ORDINARY) + weight * loss,
        weight: (known?.weight ?? DOUBT) + weight,
      });
    }
  }
  return [...found.values()]
    .map(({ genes, loss, weight }) => ({ genes, loss: loss / weight }))
    .filter(({ loss }) => loss < ORDINARY)
    .sort((a, b) => a.loss - b.loss)
    .slice(0, count);
}
