/**
 * Python's arithmetic. Ints are exact at any size; `//` and `%` round towards minus infinity; what Python refuses
 * is refused.
 */
import type { ArithmeticOperator } from "./syntax.ts";
import {
  int,
  PyFloat,
  type PyInt,
  type PyNumber,
  PySequence,
  type PyValue,
  TypeMistake,
  toDouble,
  toInt,
  toNumber,
  typeName,
  UndefinedResult,
} from "./value.ts";

/** Bits of the largest int that a power or a shift may make: `9 ** 9 ** 9` would take all memory. */
const MAX_BITS = 65_536;
const MAX_LENGTH = 10_000;

type Operation = (left: PyValue, right: PyValue) => PyValue;

export const ARITHMETIC: Readonly<Record<ArithmeticOperator, Operation>> = {
  "+": (a, b) => {
    if (typeof a === "string" && typeof b === "string") return bounded(a + b);
    if (a instanceof PySequence && b instanceof PySequence && a.type === b.type) {
      return new PySequence(a.type, bounded([...a.items, ...b.items]));
    }
    return exact(
      a,
      b,
      (x, y) => x + y,
      (x, y) => x + y,
    );
  },
  "-": (a, b) =>
    exact(
      a,
      b,
      (x, y) => x - y,
      (x, y) => x - y,
    ),
  "*": (a, b) => {
    if (typeof a === "string" || a instanceof PySequence) return repeat(a, b);
    if (typeof b === "string" || b instanceof PySequence) return repeat(b, a);
    return exact(
      a,
      b,
      (x, y) => x * y,
      (x, y) => x * y,
    );
  },
  "/": (a, b) => new PyFloat(trueDivide(toNumber(a), toNumber(b))),
  "//": (a, b) => {
    const [x, y] = [toNumber(a), toNumber(b)];
    if (x instanceof PyFloat || y instanceof PyFloat) return new PyFloat(floatDivmod(x, y).quotient);
    return intDivmod(x, y).quotient;
  },
  "%": (a, b) => {
    if (typeof a === "string") throw new TypeMistake(`"${a}" is a string where a number is needed`);
    const [x, y] = [toNumber(a), toNumber(b)];
    if (x instanceof PyFloat || y instanceof PyFloat) return new PyFloat(floatDivmod(x, y).remainder);
    return intDivmod(x, y).remainder;
  },
  "**": (a, b) => power(toNumber(a), toNumber(b)),
  "&": (a, b) => bitwise(a, b, (x, y) => x & y),
  "|": (a, b) => bitwise(a, b, (x, y) => x | y),
  "^": (a, b) => bitwise(a, b, (x, y) => x ^ y),
  "<<": (a, b) => {
    const [value, by] = [BigInt(toInt(a)), shiftOf(b)];
    if (value === 0n) return 0;
    if (bitsOf(value) + by > MAX_BITS) throw new UndefinedResult("a shift makes too large an int");
    return int(value << BigInt(by));
  },
  ">>": (a, b) => int(BigInt(toInt(a)) >> BigInt(shiftOf(b))),
};

export function negate(value: PyValue): PyNumber {
  const number = toNumber(value);
  if (number instanceof PyFloat) return new PyFloat(-number.value);
  return typeof number === "bigint" ? int(-number) : 0 - number;
}

export function invert(value: PyValue): PyInt {
  return int(~BigInt(toInt(value)));
}

/** An operation that is exact on ints; floats take the double's. */
function exact(
  a: PyValue,
  b: PyValue,
  double: (x: number, y: number) => number,
  big: (x: bigint, y: bigint) => bigint,
): PyNumber {
  const [x, y] = [toNumber(a), toNumber(b)];
  if (x instanceof PyFloat || y instanceof PyFloat) return new PyFloat(double(toDouble(x), toDouble(y)));
  if (typeof x === "number" && typeof y === "number") {
    const result = double(x, y);
    // Adding 0 changes the double's -0 to the only zero that ints have.
    if (Number.isSafeInteger(result)) return result + 0;
  }
  return int(big(BigInt(x), BigInt(y)));
}

function trueDivide(a: PyNumber, b: PyNumber): number {
  if (toDoubleIsZero(b)) throw new UndefinedResult("division by zero");
  if (a instanceof PyFloat || b instanceof PyFloat) return toDouble(a) / toDouble(b);
  if (typeof a === "number" && typeof b === "number") return a / b;
  return bigQuotient(BigInt(a), BigInt(b));
}

const toDoubleIsZero = (value: PyNumber): boolean => (value instanceof PyFloat ? value.value : value) === 0;

/** The double nearest to a / b, for ints of any size. */
function bigQuotient(a: bigint, b: bigint): number {
  const negative = a < 0n !== b < 0n;
  const [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  // More bits than a double has, the last one "something follows", so that the conversion rounds once.
  const shift = Math.max(0, bitsOf(y) - bitsOf(x) + 66);
  const numerator = x << BigInt(shift);
  const quotient = numerator / y;
  const double = Number(quotient * y === numerator ? quotient : quotient | 1n) * 2 ** -shift;
  if (!Number.isFinite(double)) throw new UndefinedResult("a quotient is too large for a float");
  return negative ? -double : double;
}

function intDivmod(a: PyInt, b: PyInt): { quotient: PyInt; remainder: PyInt } {
  if (b === 0) throw new UndefinedResult("division by zero");
  if (typeof a === "number" && typeof b === "number") {
    const cut = a % b;
    const remainder = (cut !== 0 && cut < 0 !== b < 0 ? cut + b : cut) + 0;
    const quotient = (a - remainder) / b;
    if (Number.isSafeInteger(a - remainder)) return { quotient: quotient + 0, remainder };
  }
  const [x, y] = [BigInt(a), BigInt(b)];
  const cut = x % y;
  const remainder = cut !== 0n && cut < 0n !== y < 0n ? cut + y : cut;
  return { quotient: int((x - remainder) / y), remainder: int(remainder) };
}

/** As CPython's float_divmod: the quotient comes from the exact remainder and not from a rounded division. */
function floatDivmod(a: PyNumber, b: PyNumber): { quotient: number; remainder: number } {
  const [x, y] = [toDouble(a), toDouble(b)];
  if (y === 0) throw new UndefinedResult("division by zero");
  let remainder = x % y;
  let quotient = (x - remainder) / y;
  if (remainder !== 0 && remainder < 0 !== y < 0) {
    remainder += y;
    quotient -= 1;
  }
  if (quotient === 0) return { quotient: 0, remainder };
  const floor = Math.floor(quotient);
  return { quotient: quotient - floor > 0.5 ? floor + 1 : floor, remainder };
}

function power(base: PyNumber, exponent: PyNumber): PyNumber {
  if (base instanceof PyFloat || exponent instanceof PyFloat) return new PyFloat(floatPower(base, exponent));
  if (exponent < 0) {
    if (base === 0) throw new UndefinedResult("zero to a negative power");
    return new PyFloat(bigQuotient(1n, BigInt(power(base, int(-BigInt(exponent))) as PyInt)));
  }
  const [x, n] = [BigInt(base), BigInt(exponent)];
  if (x === 0n || x === 1n || x === -1n) return int(n === 0n ? 1n : x === -1n && n % 2n === 0n ? 1n : x);
  if (BigInt(bitsOf(x)) * n > BigInt(MAX_BITS)) throw new UndefinedResult("a power makes too large an int");
  return int(x ** n);
}

function floatPower(base: PyNumber, exponent: PyNumber): number {
  const [x, n] = [toDouble(base), toDouble(exponent)];
  if (x === 1 || n === 0 || (x === -1 && !Number.isFinite(n) && !Number.isNaN(n))) return 1;
  if (x === 0 && n < 0) throw new UndefinedResult("zero to a negative power");
  if (x < 0 && Number.isFinite(x) && Number.isFinite(n) && !Number.isInteger(n)) {
    throw new TypeMistake("a negative number to a fractional power is complex");
  }
  const result = x ** n;
  if (!Number.isFinite(result) && Number.isFinite(x) && Number.isFinite(n)) {
    throw new UndefinedResult("a power is too large for a float");
  }
  return result;
}

function bitwise(a: PyValue, b: PyValue, operation: (x: bigint, y: bigint) => bigint): PyValue {
  const [x, y] = [toInt(a), toInt(b)];
  const result = int(operation(BigInt(x), BigInt(y)));
  return typeof a === "boolean" && typeof b === "boolean" ? Boolean(result) : result;
}

/** @throws UndefinedResult for a negative distance, or one that no result could hold. */
function shiftOf(value: PyValue): number {
  const by = toInt(value);
  if (by < 0) throw new UndefinedResult("a shift by a negative number");
  return Math.min(Number(by), Number.MAX_SAFE_INTEGER);
}

function repeat(sequence: string | PySequence, times: PyValue): PyValue {
  if (typeof times === "string" || times instanceof PySequence || times === null) {
    throw new TypeMistake(`${typeName(sequence)} cannot be multiplied by ${typeName(times)}`);
  }
  const count = Math.max(0, Number(toInt(times)));
  const length = typeof sequence === "string" ? sequence.length : sequence.items.length;
  if (count * length > MAX_LENGTH) throw new UndefinedResult("a repetition is too long");
  if (typeof sequence === "string") return sequence.repeat(count);
  return new PySequence(sequence.type, Array.from({ length: count }, () => sequence.items).flat());
}

function bounded<T extends { readonly length: number }>(value: T): T {
  if (value.length > MAX_LENGTH) throw new UndefinedResult("a sequence is too long");
  return value;
}

const bitsOf = (value: bigint): number => (value < 0n ? -value : value).toString(2).length;
