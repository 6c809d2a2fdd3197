/** How much a result on one niche's workloads says about another's, by the shapes of their workloads. */
import { workloadDistance } from "@kevo/core/kernel/workload-distance.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import { nicheKeyOf } from "@kevo/proto/niche-key.ts";
import type { RunSpec } from "@kevo/proto/run.ts";

export type KernelShapes = Pick<KernelDefinition, "workloads" | "features">;

/** By a niche's key: the weights of the other niches by theirs, in (0, 1]. */
export type Similarity = (key: string) => ReadonlyMap<string, number>;

/** @param kernel absent: all niches are alike, as where no shape is known */
export function openSimilarity(spec: RunSpec, kernel?: KernelShapes): Similarity {
  const niches = new Map(spec.islands.map(({ niche }) => [nicheKeyOf(spec, niche), niche.workloads ?? spec.workloads]));
  const known = new Map<string, ReadonlyMap<string, number>>();
  return (key) => {
    const found = known.get(key) ?? weightsOf(key, niches, kernel);
    known.set(key, found);
    return found;
  };
}

/** The nearest has a quarter, one four times as far a twenty-fifth: the scale is the run's own. */
function weightsOf(
  key: string,
  niches: ReadonlyMap<string, readonly string[]>,
  kernel: KernelShapes | undefined,
): ReadonlyMap<string, number> {
  const own = niches.get(key) ?? [];
  const distances = [...niches].flatMap(([other, workloads]): [string, number][] =>
    other === key ? [] : [[other, kernel === undefined ? 1 : workloadDistance(kernel, own, workloads)]],
  );
  const scale = Math.min(...distances.flatMap(([, distance]) => (distance > 0 ? [distance] : [])));
  return new Map(distances.map(([other, distance]) => [other, distance === 0 ? 1 : (1 + distance / scale) ** -2]));
}
