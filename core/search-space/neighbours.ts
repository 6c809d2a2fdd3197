/** One step away: another value of one parameter; for a permutation, two items exchanged. */
import type { ParamValue } from "@kevo/proto/search-space.ts";
import type { SpaceParameter } from "./parameter.ts";

/**
 * Valid neighbours, those by an adjacent value of an ordered parameter or by a swap first. Where the step decides
 * which other parameters count, `canonical` sets these too.
 */
export function neighboursOf(
  genes: readonly number[],
  parameters: readonly SpaceParameter[],
  canonical: (genes: readonly number[]) => readonly number[],
  isValid: (genes: readonly number[]) => boolean,
): (readonly number[])[] {
  const near: (readonly number[])[] = [];
  const far: (readonly number[])[] = [];
  for (const [at, parameter] of parameters.entries()) {
    const gene = genes[at] as number;
    for (const other of stepsFrom(gene, parameter)) {
      const neighbour = canonical(genes.with(at, other));
      // A parameter that does not count has no other value.
      if (neighbour[at] !== other || !isValid(neighbour)) continue;
      (parameter.ordered && Math.abs(other - gene) > 1 ? far : near).push(neighbour);
    }
  }
  far.sort((a, b) => distance(a, genes) - distance(b, genes));
  return [...near, ...far];
}

function stepsFrom(gene: number, parameter: SpaceParameter): number[] {
  if (parameter.type === "permutation") return swapsOf(gene, parameter.values);
  return Array.from(parameter.values.keys()).filter((other) => other !== gene);
}

function distance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, gene, at) => sum + Math.abs(gene - (b[at] as number)), 0);
}

const positions = new WeakMap<readonly ParamValue[], Map<string, number>>();

function swapsOf(gene: number, values: readonly ParamValue[]): number[] {
  let indexOf = positions.get(values);
  if (indexOf === undefined) {
    indexOf = new Map(values.map((value, index) => [JSON.stringify(value), index]));
    positions.set(values, indexOf);
  }
  const order = values[gene] as (number | string)[];
  const found: number[] = [];
  for (let a = 0; a < order.length; a++) {
    for (let b = a + 1; b < order.length; b++) {
      const swapped = order.with(a, order[b] as number | string).with(b, order[a] as number | string);
      found.push(indexOf.get(JSON.stringify(swapped)) as number);
    }
  }
  return found;
}
