/** Whether a batch's proposals may be evaluated at all. */
import type { SpaceParameter } from "@kevo/core/search-space/parameter.ts";
import type { SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { BatchRequest } from "@kevo/proto/messages/batch.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import type { Refusal } from "./offer.ts";

/** @param isStored whether the run has evolved code of this hash. */
export function checkProposals(
  { proposals, sources: offered = {} }: Pick<BatchRequest, "proposals" | "sources">,
  spec: RunSpec,
  space: SearchSpace,
  isStored: (hash: string) => boolean,
): Refusal | null {
  if (spec.evolves_source === undefined && proposals.some(({ source }) => source !== null)) {
    return invalid("a proposal has evolved code, but this run evolves configurations only");
  }
  for (const [index, { config, source }] of proposals.entries()) {
    if (source !== null && !isStored(source) && !(source in offered)) {
      const reason = `proposal ${index}: the code ${source} is neither stored nor included`;
      return { code: "missing_source", reason };
    }
    try {
      const genes = space.encode(config);
      if (!space.isValid(genes)) {
        return invalid(`proposal ${index} violates a constraint of the space: ${JSON.stringify(config)}`);
      }
      // Otherwise what means the same would have two hashes, and be evaluated twice.
      const canonical = space.decode(genes);
      const inactive = space.conditional
        .map((at) => (space.parameters[at] as SpaceParameter).name)
        .find((name) => String(config[name]) !== String(canonical[name]));
      if (inactive !== undefined) {
        const value = JSON.stringify(canonical[inactive]);
        return invalid(
          `proposal ${index}: ${inactive} is inactive there, so it must be ${value}: ${JSON.stringify(config)}`,
        );
      }
    } catch (error) {
      return invalid(`proposal ${index}: ${(error as Error).message}`);
    }
  }
  return null;
}

function invalid(reason: string): Refusal {
  return { code: "invalid_proposal", reason };
}
