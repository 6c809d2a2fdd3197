/** Values of parameters that no valid configuration has: what their author wrote down and no search can try. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { labelledRandom } from "@kevo/core/random/random.ts";
import { openSpace, type SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { ParamValue, SearchSpaceDefinition } from "@kevo/proto/search-space.ts";

export interface DeadValue {
  readonly parameter: string;
  readonly value: ParamValue;
}

/** Where the valid configurations are too many to list, samples show most values; the solver decides about the others. */
const SAMPLES = 4_000;
/** At most this many of those, since each needs a separate search. */
const MAX_SOLVED = 64;

/** In the definition's order. Orders of permutations are left out: hardly any constraint is about a single one. */
export function deadValues(definition: SearchSpaceDefinition, space: SearchSpace): DeadValue[] {
  const random = labelledRandom("dead values");
  const seen = space.parameters.map(() => new Set<number>());
  const note = (genes: readonly number[]) => {
    for (const [at, gene] of genes.entries()) seen[at]?.add(gene);
  };
  for (const genes of space.starts) note(genes);
  if (space.enumerated !== null) for (const genes of space.enumerated) note(genes);
  else for (let n = 0; n < SAMPLES; n++) note(space.sample(random));
  const unseen = space.parameters.flatMap(({ name, type, values }, at) =>
    type === "permutation"
      ? []
      : values.flatMap((value, gene) => (seen[at]?.has(gene) ? [] : [{ parameter: name, value }])),
  );
  if (space.enumerated !== null) return unseen;
  return unseen.slice(0, MAX_SOLVED).filter((one) => !isPossible(definition, one));
}

function isPossible(definition: SearchSpaceDefinition, { parameter, value }: DeadValue): boolean {
  const literal = typeof value === "boolean" ? (value ? "True" : "False") : JSON.stringify(value);
  const { parameters, constraints } = definition;
  try {
    openSpace({ parameters, constraints: [...constraints, `${parameter} == ${literal}`] });
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}
