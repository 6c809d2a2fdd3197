/** How unlike two workloads of a kernel are, by the sizes of their shapes. */
import type { KernelDefinition } from "@kevo/proto/kernel.ts";

type Shape = Readonly<Record<string, number>>;

/** What a feature counts less than the one before it. */
const NEXT = 0.5;

/**
 * Between two shapes: 0 for equal ones. The sum over the kernel's features of the ratio of their sizes, in powers of
 * two, each feature with half the weight of the one before; sizes that are no feature have half the weight of the last.
 */
export function shapeDistance({ features }: Pick<KernelDefinition, "features">, a: Shape, b: Shape): number {
  const ranks = new Map((features ?? []).map((name, rank) => [name, rank]));
  let sum = 0;
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const apart = Math.abs(magnitude(a[name]) - magnitude(b[name]));
    const weight = features === undefined ? 1 : NEXT ** (ranks.get(name) ?? features.length);
    sum += weight * apart;
  }
  return sum;
}

/** Of sets of workloads, as niches have: the mean of the first's distances to the nearest of the second. */
export function workloadDistance(
  definition: Pick<KernelDefinition, "workloads" | "features">,
  from: readonly string[],
  to: readonly string[],
): number {
  const shapes = new Map(definition.workloads.map(({ name, shape }) => [name, shape]));
  const distance = (a: string, b: string) => {
    const [x, y] = [shapes.get(a), shapes.get(b)];
    return x === undefined || y === undefined ? Number.POSITIVE_INFINITY : shapeDistance(definition, x, y);
  };
  const nearest = from.map((a) => Math.min(...to.map((b) => (a === b ? 0 : distance(a, b)))));
  return nearest.reduce((sum, each) => sum + each, 0) / nearest.length;
}

/** Powers of two; a size of nothing, such as a switch that is off, is one below a size of one. */
function magnitude(size = 0): number {
  return size > 0 ? Math.log2(size) + 1 : 0;
}
