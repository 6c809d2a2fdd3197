/**
 * A constraint over value indices. Where the values of its parameters have few combinations, all are decided
 * once and kept as a table, so that checking a configuration is one look-up.
 */
import type { Config, ParamValue } from "@kevo/proto/search-space.ts";
import { UserError } from "../errors/user-error.ts";
import { type Expression, parseExpression } from "./expression/expression.ts";
import { fromNumber, type PyValue } from "./expression/value.ts";
import type { SpaceParameter } from "./parameter.ts";
import type { RuleParameter } from "./solver/chain.ts";
import { type Rule, rulesOf } from "./solver/rule.ts";

/** Largest table: at about a quarter of a microsecond an entry it is filled in some 60 ms. */
const TABLE_LIMIT = 1 << 18;

export interface Constraint {
  readonly text: string;
  /** Positions of the parameters that it reads. */
  readonly reads: readonly number[];
  /** `genes` are value indices; only those of `reads` are looked at. */
  holds(genes: ArrayLike<number>): boolean;
  /** The necessary conditions of the constraint, for a solver that sets one parameter after another. */
  readonly rules: readonly Rule[];
  /** Whether it reads too many combinations for a table, so that deciding it early pays. */
  readonly isWide: boolean;
}

/** One that somebody wrote. Where it has no value, it does not hold. */
export interface WrittenConstraint extends Constraint {
  /** Null where it has a value. */
  undefinedAt(genes: ArrayLike<number>): UndefinedCase | null;
  /** The first combination of values for which it has none; null where there is no such, or are too many to try. */
  undefinedCase(): UndefinedCase | null;
}

export interface UndefinedCase {
  /** Such as "division by zero". */
  readonly reason: string;
  /** Of the parameters that it reads. */
  readonly values: Config;
}

/** `with TILE = 0 and PAD = 1 it has no value (division by zero)`. */
export function describeUndefined({ reason, values }: UndefinedCase): string {
  const named = Object.entries(values).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return `${named.length === 0 ? "" : `with ${named.join(" and ")} `}it has no value (${reason})`;
}

/** @throws UserError on a typo, an unknown name, a type mistake, or when no combination of values satisfies it. */
export function compileConstraint(text: string, parameters: readonly SpaceParameter[]): WrittenConstraint {
  const expression = parseExpression(text, new Set(parameters.map(({ name }) => name)));
  const { constraint, isNever } = compileExpression(expression, parameters);
  if (!isNever) return constraint;
  const undefinedCase = constraint.undefinedCase();
  const why = undefinedCase === null ? "" : `; ${describeUndefined(undefinedCase)}`;
  throw new UserError(`constraint "${text}": no combination of values satisfies it${why}`, 2);
}

/** `isNever`: it is known that no combination of values satisfies it. @throws UserError on a type mistake. */
export function compileExpression(
  expression: Expression,
  parameters: readonly SpaceParameter[],
): { constraint: WrittenConstraint; isNever: boolean } {
  const { text } = expression;
  const position = new Map(parameters.map((parameter, index) => [parameter.name, index]));
  const reads = expression.names.map((name) => position.get(name) as number);
  const combinations = reads.reduce((product, index) => product * valuesOf(parameters, index).length, 1);
  const scopeOf = scoped(reads, parameters);
  const decide = (genes: ArrayLike<number>) => expression.holds(scopeOf(genes));
  const undefinedAt = (genes: ArrayLike<number>): UndefinedCase | null => {
    const reason = expression.whyUndefined(scopeOf(genes));
    if (reason === null) return null;
    const values = reads.map((index) => {
      const { name, values } = parameters[index] as SpaceParameter;
      return [name, values[genes[index] as number] as ParamValue];
    });
    return { reason, values: Object.fromEntries(values) };
  };
  const rules = rulesOf(expression.syntax, ruleParameters(parameters));
  if (combinations > TABLE_LIMIT) {
    const wide = { text, reads, holds: decide, rules, undefinedAt, undefinedCase: () => null, isWide: true };
    return { constraint: wide, isNever: false };
  }

  const table = new Uint8Array(combinations);
  const genes = new Array<number>(parameters.length).fill(0);
  const strides = new Array<number>(reads.length).fill(1);
  for (let at = reads.length - 2; at >= 0; at--) {
    strides[at] = (strides[at + 1] as number) * valuesOf(parameters, reads[at + 1] as number).length;
  }
  const goTo = (row: number) => {
    for (let at = 0; at < reads.length; at++) {
      const index = reads[at] as number;
      genes[index] = Math.floor(row / (strides[at] as number)) % valuesOf(parameters, index).length;
    }
  };
  for (let row = 0; row < combinations; row++) {
    goTo(row);
    table[row] = decide(genes) ? 1 : 0;
  }
  const constraint: WrittenConstraint = {
    text,
    reads,
    rules,
    isWide: false,
    undefinedAt,
    undefinedCase: () => {
      for (let row = 0; row < combinations; row++) {
        if (table[row] === 1) continue;
        goTo(row);
        const found = undefinedAt(genes);
        if (found !== null) return found;
      }
      return null;
    },
    holds: (candidate) => {
      let row = 0;
      for (let at = 0; at < reads.length; at++) {
        row += (candidate[reads[at] as number] as number) * (strides[at] as number);
      }
      return table[row] === 1;
    },
  };
  return { constraint, isNever: !table.includes(1) };
}

/** The parameters as rules know them, by name. */
export function ruleParameters(parameters: readonly SpaceParameter[]): Map<string, RuleParameter> {
  return new Map(parameters.map(({ name, values }, index) => [name, { index, values: values.map(pythonValue) }]));
}

/** The values that an expression reads, in its order. The same array each time. */
function scoped(reads: readonly number[], parameters: readonly SpaceParameter[]) {
  const values = reads.map((index) => valuesOf(parameters, index).map(pythonValue));
  const scope = new Array<PyValue>(reads.length).fill(null);
  return (genes: ArrayLike<number>) => {
    for (let at = 0; at < reads.length; at++) {
      scope[at] = (values[at] as PyValue[])[genes[reads[at] as number] as number] as PyValue;
    }
    return scope;
  };
}

export function pythonValue(value: ParamValue): PyValue {
  // A permutation is compared as text: ORDER == "i,j,k".
  if (Array.isArray(value)) return value.join(",");
  return typeof value === "number" ? fromNumber(value) : value;
}

function valuesOf(parameters: readonly SpaceParameter[], index: number) {
  return (parameters[index] as SpaceParameter).values;
}
