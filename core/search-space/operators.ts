/**
 * What an expression may use, with plain semantics: comparing a string with a number is false, not an error,
 * true and false count as 1 and 0, arithmetic on a string is an error. mathjs' own functions would convert
 * strings to numbers and throw on `LAYOUT == "rows"`.
 */
import { UserError } from "../errors/user-error.ts";

type Scalar = number | string | boolean;

function number(value: Scalar): number {
  if (typeof value === "string") throw new UserError(`"${value}" is a string where a number is needed`, 2);
  return Number(value);
}
const plain = (value: Scalar) => (typeof value === "boolean" ? Number(value) : value);
const equal = (a: Scalar, b: Scalar) => plain(a) === plain(b);

/** By mathjs' name of the function. `mod` is that of mathjs and Python: its result has the divisor's sign. */
export const OPERATORS = {
  equal,
  unequal: (a: Scalar, b: Scalar) => !equal(a, b),
  smaller: (a: Scalar, b: Scalar) => number(a) < number(b),
  smallerEq: (a: Scalar, b: Scalar) => number(a) <= number(b),
  larger: (a: Scalar, b: Scalar) => number(a) > number(b),
  largerEq: (a: Scalar, b: Scalar) => number(a) >= number(b),
  and: (a: Scalar, b: Scalar) => Boolean(a) && Boolean(b),
  or: (a: Scalar, b: Scalar) => Boolean(a) || Boolean(b),
  xor: (a: Scalar, b: Scalar) => Boolean(a) !== Boolean(b),
  not: (a: Scalar) => !a,
  add: (a: Scalar, b: Scalar) => number(a) + number(b),
  subtract: (a: Scalar, b: Scalar) => number(a) - number(b),
  multiply: (a: Scalar, b: Scalar) => number(a) * number(b),
  divide: (a: Scalar, b: Scalar) => number(a) / number(b),
  pow: (a: Scalar, b: Scalar) => number(a) ** number(b),
  mod: (a: Scalar, b: Scalar) => number(a) - number(b) * Math.floor(number(a) / number(b)),
  unaryMinus: (a: Scalar) => -number(a),
  unaryPlus: (a: Scalar) => number(a),
  min: (...values: Scalar[]) => Math.min(...values.map(number)),
  max: (...values: Scalar[]) => Math.max(...values.map(number)),
  abs: (a: Scalar) => Math.abs(number(a)),
  floor: (a: Scalar) => Math.floor(number(a)),
  ceil: (a: Scalar) => Math.ceil(number(a)),
  round: (a: Scalar) => Math.round(number(a)),
  log2: (a: Scalar) => Math.log2(number(a)),
} as const;

/** Those that are written as a call. */
export const FUNCTIONS: ReadonlySet<string> = new Set(["min", "max", "abs", "floor", "ceil", "round", "log2"]);
export const COMPARISONS: ReadonlySet<string> = new Set([
  "equal",
  "unequal",
  "smaller",
  "smallerEq",
  "larger",
  "largerEq",
]);
