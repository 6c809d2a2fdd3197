/** Values of parameters that only some GPUs can run: `requires` of a parameter, by CUDA compute capability. */
import type { Config, Parameter, SearchSpaceDefinition } from "@kevo/proto/search-space.ts";

/** Values that a run's space lacks, or that were never measured, for people: one phrase a value. */
export interface Gated {
  readonly leftOut: readonly string[];
  readonly unmeasured: readonly string[];
}

/**
 * The definition with only those values that devices of this capability can run.
 * @param capability such as `9.0`; null where it is not known, which leaves out every value that requires one
 */
export function withinCapability<T extends SearchSpaceDefinition>(
  definition: T,
  capability: string | null,
): Gated & { readonly definition: T } {
  const leftOut: string[] = [];
  const unmeasured: string[] = [];
  const parameters = definition.parameters.map((parameter): Parameter => {
    if (!("requires" in parameter) || parameter.requires === undefined) return parameter;
    const { requires, ...rest } = parameter;
    const kept = Object.entries(requires).filter(([value, { capability: least, measured }]) => {
      const runs = capability !== null && reaches(capability, least);
      const description = `${parameter.name} = ${value} (compute capability ${least})`;
      if (!runs) leftOut.push(description);
      else if (!measured) unmeasured.push(description);
      return runs;
    });
    const removed = new Set(Object.keys(requires).filter((value) => !kept.some(([name]) => name === value)));
    const values = parameter.values.filter((value) => !removed.has(String(value)));
    return { ...rest, values, ...(kept.length === 0 ? {} : { requires: Object.fromEntries(kept) }) };
  });
  return { definition: { ...definition, parameters }, leftOut, unmeasured };
}

/** Whether some value requires a capability. */
export function isGated({ parameters }: SearchSpaceDefinition): boolean {
  return parameters.some((parameter) => "requires" in parameter && parameter.requires !== undefined);
}

/** Describes the first value of a configuration that devices of this capability cannot run; null if they can run all. */
export function beyondCapability(
  { parameters }: SearchSpaceDefinition,
  config: Config,
  capability: string | null,
): string | null {
  for (const parameter of parameters) {
    const requires = "requires" in parameter ? parameter.requires : undefined;
    const value = String(config[parameter.name]);
    const least = requires?.[value]?.capability;
    if (least === undefined || (capability !== null && reaches(capability, least))) continue;
    return `${parameter.name} = ${value} needs compute capability ${least}; this device has ${capability ?? "an unknown one"}`;
  }
  return null;
}

/** The capability that all of them have; null without a device, or with an unknown one (empty). */
export function lowestCapability(capabilities: readonly string[]): string | null {
  if (capabilities.length === 0 || capabilities.includes("")) return null;
  return capabilities.reduce((a, b) => (reaches(a, b) ? b : a));
}

/** Whether `capability` is `least` or later; both are MAJOR.MINOR. */
function reaches(capability: string, least: string): boolean {
  const [major = 0, minor = 0] = capability.split(".").map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split(".").map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
