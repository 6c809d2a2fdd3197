/** Configurations by which of their conditional parameters count: a kernel's variants, some of which are tiny. */
import type { Activity } from "./activity.ts";

type Genes = readonly number[];

/** Each group has the same parameters active; in the order of their first members. */
export function variantsOf(genes: readonly Genes[], { conditional, isActive }: Activity): (readonly Genes[])[] {
  const groups = new Map<string, Genes[]>();
  for (const each of genes) {
    const pattern = conditional.map((at) => (isActive(each, at) ? "1" : "0")).join("");
    const group = groups.get(pattern);
    if (group === undefined) groups.set(pattern, [each]);
    else group.push(each);
  }
  return [...groups.values()];
}
