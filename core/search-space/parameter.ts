/** A parameter with its values written out; a gene is an index into them. */
import type { Parameter, ParamValue } from "@kevo/proto/search-space.ts";
import { UserError } from "../errors/user-error.ts";

/** Genes are kept as 16-bit indices. */
const MAX_VALUES = 65_536;

export interface SpaceParameter {
  readonly name: string;
  readonly type: Parameter["type"];
  /** In the definition's order; ordinals and integers from small to large. */
  readonly values: readonly ParamValue[];
  /** Whether neighbouring indices are neighbouring values. */
  readonly ordered: boolean;
  /** The condition under which it counts; undefined where it always does. */
  readonly activeWhen: string | undefined;
}

/** @throws UserError on duplicate values, an empty range, or more than 65,536 values. */
export function openParameter(parameter: Parameter): SpaceParameter {
  const values = valuesOf(parameter);
  if (values.length === 0) {
    throw new UserError(`parameter ${parameter.name} has no value: its minimum is above its maximum`, 2);
  }
  const seen = new Set(values.map((value) => JSON.stringify(value)));
  if (seen.size !== values.length) throw new UserError(`parameter ${parameter.name} has a value twice`, 2);
  return {
    name: parameter.name,
    type: parameter.type,
    values,
    ordered: parameter.type === "ordinal" || parameter.type === "integer",
    activeWhen: parameter.activeWhen,
  };
}

function valuesOf(parameter: Parameter): ParamValue[] {
  switch (parameter.type) {
    case "categorical":
    case "ordinal":
      return [...parameter.values];
    case "boolean":
      return [false, true];
    case "integer": {
      const length = Math.max(0, Math.floor((parameter.max - parameter.min) / parameter.step) + 1);
      if (length > MAX_VALUES) {
        throw new UserError(
          `parameter ${parameter.name} has ${length} values; at most ${MAX_VALUES} are possible. Use a larger step`,
          2,
        );
      }
      return Array.from({ length }, (_, at) => parameter.min + at * parameter.step);
    }
    case "permutation":
      return ordersOf(parameter.items);
  }
}

/** Every order of the items, in lexicographic order of positions. */
function ordersOf<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((first, at) => ordersOf(items.toSpliced(at, 1)).map((rest) => [first, ...rest]));
}
