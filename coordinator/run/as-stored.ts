/** The kernel of a stored run, whose islands are folds over one definition. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import { withinCapability } from "@kevo/core/search-space/capability.ts";
import { definitionObject } from "./spec.ts";

/**
 * The kernel as a stored run searched it.
 * @param hash of the definition that the run's islands have
 * @throws UserError when no GPU generation gives that definition.
 */
export function asStored<K extends KernelPackage>(kernel: K, hash: string): K {
  const steps = kernel.definition.parameters.flatMap((parameter) =>
    "requires" in parameter ? Object.values(parameter.requires ?? {}).map(({ capability }) => capability) : [],
  );
  for (const capability of [null, ...steps]) {
    const { definition } = withinCapability(kernel.definition, capability);
    if (definitionObject(definition).hash === hash) return { ...kernel, definition };
  }
  throw new UserError(
    `The run searched another space of ${kernel.definition.id} than the current kernel.json defines. Restore kernel.json, or start a new run.`,
  );
}
