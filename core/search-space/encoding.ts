/** Between configurations (names and values) and genes (value indices). */
import type { Config, ParamValue } from "@kevo/proto/search-space.ts";
import { UserError } from "../errors/user-error.ts";
import type { SpaceParameter } from "./parameter.ts";

export function decodeGenes(genes: readonly number[], parameters: readonly SpaceParameter[]): Config {
  // Not by assignment: a parameter may be named __proto__.
  return Object.fromEntries(
    parameters.map(({ name, values }, at) => {
      const value = values[genes[at] as number];
      if (value === undefined) throw new RangeError(`gene ${genes[at]} of ${name} is not an index of its values`);
      return [name, value];
    }),
  );
}

/** @throws UserError on a missing or unknown parameter, or a value that the parameter cannot take. */
export function encodeConfig(config: Config, parameters: readonly SpaceParameter[]): number[] {
  const genes = parameters.map((parameter) => {
    const value = Object.hasOwn(config, parameter.name) ? config[parameter.name] : undefined;
    if (value === undefined) throw new UserError(`the configuration lacks a value for ${parameter.name}`, 2);
    const gene = indexOf(value, parameter);
    if (gene < 0) {
      const shown = parameter.values.slice(0, 20).map((allowed) => JSON.stringify(allowed));
      const more = parameter.values.length > shown.length ? `, … (${parameter.values.length} in all)` : "";
      throw new UserError(
        `${parameter.name} = ${JSON.stringify(value)} is not in the space; allowed values: ${shown.join(", ")}${more}`,
        2,
      );
    }
    return gene;
  });
  if (Object.keys(config).length !== parameters.length) {
    const known = new Set(parameters.map(({ name }) => name));
    const unknown = Object.keys(config).filter((name) => !known.has(name));
    throw new UserError(`${unknown.join(", ")}: no such parameter; the parameters are ${[...known].join(", ")}`, 2);
  }
  return genes;
}

function indexOf(value: ParamValue, { values }: SpaceParameter): number {
  if (!Array.isArray(value)) return values.indexOf(value);
  const text = JSON.stringify(value);
  return values.findIndex((allowed) => JSON.stringify(allowed) === text);
}
