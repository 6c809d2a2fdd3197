/** Which configurations that are known to be good each niche of a run tries first. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { KnownConfiguration } from "@kevo/core/kernel/known-good.ts";
import { workloadDistance } from "@kevo/core/kernel/workload-distance.ts";
import type { Genes, SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import { nicheKeyOf } from "@kevo/proto/niche-key.ts";
import type { KnownGood, RunSpec } from "@kevo/proto/run.ts";

/** Most for one niche: the first evaluations, not a share of all that there are. */
const MAX_KNOWN = 12;
/** A place in its ranking counts as much as this distance: the best of several workloads come before one's fourth. */
const OF_RANK = 0.05;

interface Ranked {
  readonly genes: Genes;
  readonly run: string | null;
  readonly key: number | string;
  /** Compared in order: another workload, distance, another device, not measured by an earlier run. */
  readonly order: readonly number[];
}

/**
 * Nearest workloads first; those that are not in the space are left out. Undefined where nothing is left.
 * @param device the run's only device model; null where that is not known
 */
export function knownGoodOf(
  spec: Pick<RunSpec, "islands" | "workloads">,
  definition: KernelDefinition,
  space: SearchSpace,
  known: readonly KnownConfiguration[],
  device: string | null,
): KnownGood | undefined {
  const configurations: KnownGood["configurations"] = [];
  const places = new Map<number | string, number>();
  const order: KnownGood["order"] = {};
  const inSpace = known.flatMap((one) => {
    const genes = genesOf(space, one);
    return genes === null ? [] : [{ ...one, genes, key: space.keyOf(genes) }];
  });
  for (const { niche } of spec.islands) {
    const nicheKey = nicheKeyOf(spec, niche);
    if (order[nicheKey] !== undefined) continue;
    const workloads = niche.workloads ?? spec.workloads;
    const ranked = inSpace
      .map(({ genes, key, run, workload, device: measured, rank }): Ranked => {
        const distance = workloadDistance(definition, workloads, [workload]);
        const isOther = !workloads.includes(workload);
        const isOtherDevice = measured !== (niche.device ?? device);
        return { genes, key, run, order: [+isOther, distance + OF_RANK * rank, +isOtherDevice, +(run === null)] };
      })
      .filter(({ order }) => order.every(Number.isFinite))
      .sort(byOrder);
    const first = new Map(ranked.toReversed().map((one) => [one.key, one]));
    order[nicheKey] = ranked
      .filter((one) => first.get(one.key) === one)
      .slice(0, MAX_KNOWN)
      .map(({ key, genes, run }) => {
        const place = places.get(key) ?? configurations.length;
        if (place === configurations.length) configurations.push({ genes: [...genes], run });
        places.set(key, place);
        return place;
      });
  }
  return configurations.length === 0 ? undefined : { configurations, order };
}

function byOrder(a: Ranked, b: Ranked): number {
  for (const [at, mine] of a.order.entries()) if (mine !== b.order[at]) return mine - (b.order[at] as number);
  return 0;
}

/** Null for one that is not in the space, as where a value needs another device. */
function genesOf(space: SearchSpace, { config }: KnownConfiguration): Genes | null {
  try {
    const genes = space.encode(config);
    return space.isValid(genes) ? genes : null;
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}
