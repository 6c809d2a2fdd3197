/** Spaces whose valid configurations are listed, and keys of configurations. */
import { UserError } from "../errors/user-error.ts";
import type { Constraint } from "./constraint.ts";
import type { SpaceParameter } from "./parameter.ts";

/** @throws UserError on a row of the wrong length, an index out of range, a row listed twice, or an empty list. */
export function openMembers(
  rows: readonly (readonly number[])[],
  parameters: readonly SpaceParameter[],
  constraints: readonly Constraint[],
): (readonly number[])[] {
  for (const [at, row] of rows.entries()) {
    if (row.length !== parameters.length) {
      throw new UserError(`member ${at} has ${row.length} values for ${parameters.length} parameters`, 2);
    }
    for (const [index, { name, values }] of parameters.entries()) {
      if ((row[index] as number) >= values.length) {
        throw new UserError(
          `member ${at}: ${name} has ${values.length} values, index ${row[index]} is out of range`,
          2,
        );
      }
    }
  }
  const valid = constraints.length === 0 ? rows : rows.filter((row) => constraints.every(({ holds }) => holds(row)));
  if (valid.length === 0) throw new UserError("the space contains no valid configuration", 2);
  const size = parameters.reduce((product, { values }) => product * values.length, 1);
  const keys = new Set(valid.map(keyFunction(parameters, size)));
  if (keys.size !== valid.length) throw new UserError("the space contains a configuration twice", 2);
  return [...valid];
}

/** A key for each configuration: a mixed-radix number where it fits a double exactly, else text. */
export function keyFunction(parameters: readonly SpaceParameter[], size: number) {
  if (size > Number.MAX_SAFE_INTEGER) return (genes: readonly number[]): number | string => genes.join(",");
  const radices = parameters.map(({ values }) => values.length);
  return (genes: readonly number[]): number | string => {
    let key = 0;
    for (let at = 0; at < radices.length; at++) key = key * (radices[at] as number) + (genes[at] as number);
    return key;
  };
}
