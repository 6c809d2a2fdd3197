/** From a `configSpace` as users write it to parameters as the cluster has them, and back. */
import { describeIssues } from "@kevo/core/errors/issues.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { type Config, type Parameter, type ParamValue, searchSpaceDefinition } from "@kevo/proto/search-space.ts";
import { short } from "./errors.ts";

type Plain = number | string | boolean | null;
type Json = Plain | readonly Json[] | { readonly [name: string]: Json };

/** One kind of parameter as a kernel's definition has it, without its name. */
type Kind =
  | { readonly type: "categorical" | "ordinal"; readonly values: readonly (number | string)[] }
  | { readonly type: "integer"; readonly min: number; readonly max: number; readonly step?: number }
  | { readonly type: "boolean" }
  | { readonly type: "permutation"; readonly items: readonly (number | string)[] };

/** By name: a list of values, or a kind of parameter. Of a list, numbers are ordered and all else is a choice. */
export type ConfigSpace = { readonly [name: string]: readonly Json[] | Kind };

type ValueOf<P> = P extends readonly (infer V)[]
  ? V
  : P extends { readonly values: readonly (infer V)[] }
    ? V
    : P extends { readonly items: readonly (infer V)[] }
      ? readonly V[]
      : P extends { readonly type: "integer" }
        ? number
        : boolean;

/** A configuration: one value for each parameter. */
export type ConfigOf<S extends ConfigSpace> = { readonly [K in keyof S]: ValueOf<S[K]> };

interface Encoded {
  readonly parameter: Parameter;
  /** The user's values by those of the cluster, where they differ. */
  readonly values: ReadonlyMap<ParamValue, unknown>;
}

export interface OpenedSpace<S extends ConfigSpace> {
  readonly parameters: readonly Parameter[];
  decode(config: Config): ConfigOf<S>;
}

/** @throws UserError that names the parameter, and what to do. */
export function openConfigSpace<S extends ConfigSpace>(configSpace: S): OpenedSpace<S> {
  if (typeof configSpace !== "object" || configSpace === null || Array.isArray(configSpace)) {
    throw new UserError(`configSpace must be an object of parameters with their values, not ${short(configSpace)}.`, 2);
  }
  const encoded = Object.entries(configSpace).map(([name, given]) => encodedOf(name, given));
  const checked = searchSpaceDefinition.safeParse({ parameters: encoded.map(({ parameter }) => parameter) });
  if (!checked.success) throw new UserError(`configSpace: ${describeIssues(checked.error)}.`, 2);
  return {
    parameters: checked.data.parameters,
    decode: (config) =>
      Object.fromEntries(
        encoded.map(({ parameter: { name }, values }) => {
          const value = config[name] as ParamValue;
          return [name, values.has(value) ? values.get(value) : value];
        }),
      ) as ConfigOf<S>,
  };
}

function encodedOf(name: string, given: readonly Json[] | Kind): Encoded {
  if (!Array.isArray(given)) {
    if (typeof given === "object" && given !== null) {
      return { parameter: { name, ...given } as Parameter, values: new Map() };
    }
    throw new UserError(`configSpace.${name} is ${short(given)}: give a list of values, or { type: … }.`, 2);
  }
  const values: readonly Json[] = given;
  if (values.length === 0) throw new UserError(`configSpace.${name} has no value. Give at least one.`, 2);
  if (values.length === 2 && values.includes(true) && values.includes(false)) {
    return { parameter: { name, type: "boolean" }, values: new Map() };
  }
  if (values.every((value) => typeof value === "number")) {
    const sorted = unique(name, values).toSorted((a, b) => a - b);
    return { parameter: { name, type: "ordinal", values: sorted }, values: new Map() };
  }
  if (values.every((value) => typeof value === "number" || typeof value === "string")) {
    return { parameter: { name, type: "categorical", values: unique(name, values) }, values: new Map() };
  }
  // What a parameter has no value for (null, an object) travels as its JSON.
  const labels = unique(
    name,
    values.map((value) => labelOf(name, value)),
  );
  return {
    parameter: { name, type: "categorical", values: labels },
    values: new Map(labels.map((label, at) => [label, values[at]])),
  };
}

function labelOf(name: string, value: Json): string {
  const label = typeof value === "string" ? value : (JSON.stringify(value) as string | undefined);
  if (label !== undefined) return label;
  throw new UserError(
    `configSpace.${name}: ${short(value)} cannot be encoded. Use a string, and look the object up in the objective.`,
    2,
  );
}

function unique<T extends number | string>(name: string, values: readonly T[]): T[] {
  const infinite = values.find((value) => typeof value === "number" && !Number.isFinite(value));
  if (infinite !== undefined) throw new UserError(`configSpace.${name}: ${infinite} is not a finite number.`, 2);
  const twice = values.find((value, at) => values.indexOf(value) !== at);
  if (twice !== undefined) throw new UserError(`configSpace.${name} has the value ${short(twice)} twice.`, 2);
  return [...values];
}
