/** Configurations that are known to be good before the run begins: of the kernel's folder, and of earlier runs. */
import type { Genes, SearchSpace } from "@kevo/core/search-space/search-space.ts";
import { nicheKeyOf } from "@kevo/proto/niche-key.ts";
import type { RunSpec } from "@kevo/proto/run.ts";

export interface KnownStart {
  readonly genes: Genes;
  readonly proposer: "known" | "prior";
}

/**
 * The first of the island's niche that is not taken; null without any. With --sync the niche's islands, which ask at
 * the same moment, divide them among themselves.
 */
export function nextKnownGood(
  spec: RunSpec,
  island: number,
  space: SearchSpace,
  isTaken: (key: number | string) => boolean,
): KnownStart | null {
  const { known_good: known, islands, sync } = spec;
  if (known === undefined) return null;
  const keyOf = (index: number) => nicheKeyOf(spec, (islands[index] as RunSpec["islands"][number]).niche);
  const own = keyOf(island);
  const peers = sync ? islands.filter(({ index }) => keyOf(index) === own).map(({ index }) => index) : [island];
  const order = known.order[own] ?? [];
  for (const [at, place] of order.entries()) {
    if (peers[at % peers.length] !== island) continue;
    const { genes, run } = known.configurations[place] as (typeof known.configurations)[number];
    if (space.isValid(genes) && !isTaken(space.keyOf(genes)))
      return { genes, proposer: run === null ? "known" : "prior" };
  }
  return null;
}
