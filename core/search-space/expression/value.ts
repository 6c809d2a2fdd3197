/**
 * Python's values, as far as constraints have them. An int is a JavaScript number while it is a safe integer and a
 * bigint beyond; a float is a `PyFloat`, so that `7 / 2` and `8 / 2` are both floats, as they are in Python.
 */

export class PyFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

export class PySequence {
  readonly type: "tuple" | "list";
  readonly items: readonly PyValue[];
  constructor(type: "tuple" | "list", items: readonly PyValue[]) {
    this.type = type;
    this.items = items;
  }
}

export type PyInt = number | bigint;
export type PyNumber = PyInt | PyFloat;
export type PyValue = PyNumber | boolean | string | null | PySequence;

/** Python would raise a TypeError: the rule itself is wrong. */
export class TypeMistake extends Error {}
/** Python would raise ZeroDivisionError, OverflowError or ValueError: the rule has no value for these operands. */
export class UndefinedResult extends Error {}

/** An int in its one representation. */
export function int(value: bigint): PyInt {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** A number of JSON: an int where it has no fraction and is exact. */
export function fromNumber(value: number): PyNumber {
  return Number.isSafeInteger(value) ? value + 0 : new PyFloat(value);
}

export function typeName(value: PyValue): string {
  if (value === null) return "None";
  if (value instanceof PyFloat) return "float";
  if (value instanceof PySequence) return value.type;
  if (typeof value === "string") return "string";
  return typeof value === "boolean" ? "bool" : "int";
}

export function isTrue(value: PyValue): boolean {
  if (value instanceof PyFloat) return value.value !== 0;
  if (value instanceof PySequence) return value.items.length > 0;
  return Boolean(value);
}

/** @throws TypeMistake for a value that is not a number; a bool counts as 0 or 1. */
export function toNumber(value: PyValue): PyNumber {
  if (typeof value === "number" || typeof value === "bigint" || value instanceof PyFloat) return value;
  if (typeof value === "boolean") return Number(value);
  throw new TypeMistake(
    typeof value === "string"
      ? `"${value}" is a string where a number is needed`
      : `${typeName(value)} is not a number`,
  );
}

/** @throws TypeMistake for a value that is not an int. */
export function toInt(value: PyValue): PyInt {
  const number = toNumber(value);
  if (number instanceof PyFloat) throw new TypeMistake(`${number.value} is a float where an int is needed`);
  return number;
}

/** @throws UndefinedResult for an int beyond the range of floats. */
export function toDouble(value: PyNumber): number {
  if (value instanceof PyFloat) return value.value;
  const double = Number(value);
  if (!Number.isFinite(double)) throw new UndefinedResult("an int is too large for a float");
  return double;
}

function isNumeric(value: PyValue): value is PyNumber | boolean {
  return value !== null && typeof value !== "string" && !(value instanceof PySequence);
}

const plain = (value: PyNumber): number | bigint => (value instanceof PyFloat ? value.value : value);

export function equals(a: PyValue, b: PyValue): boolean {
  // JavaScript compares a bigint with a number exactly, as Python does.
  if (isNumeric(a) && isNumeric(b)) {
    // biome-ignore lint/suspicious/noDoubleEquals: a bigint equals a number of the same value
    return plain(toNumber(a)) == plain(toNumber(b));
  }
  if (a instanceof PySequence && b instanceof PySequence) {
    return (
      a.type === b.type &&
      a.items.length === b.items.length &&
      a.items.every((item, at) => equals(item, b.items[at] as PyValue))
    );
  }
  return a === b;
}

/**
 * Whether `a < b`, or `a <= b` with `orEqual`.
 * @throws TypeMistake where Python has no order.
 */
export function isBelow(a: PyValue, b: PyValue, orEqual: boolean): boolean {
  if (isNumeric(a) && isNumeric(b)) {
    const [x, y] = [plain(toNumber(a)), plain(toNumber(b))];
    return orEqual ? x <= y : x < y;
  }
  if (typeof a === "string" && typeof b === "string") {
    const order = compareText(a, b);
    return orEqual ? order <= 0 : order < 0;
  }
  if (a instanceof PySequence && b instanceof PySequence && a.type === b.type) {
    const differs = a.items.findIndex((item, at) => at >= b.items.length || !equals(item, b.items[at] as PyValue));
    if (differs < 0 || differs >= b.items.length) {
      return orEqual ? a.items.length <= b.items.length : a.items.length < b.items.length;
    }
    return isBelow(a.items[differs] as PyValue, b.items[differs] as PyValue, orEqual);
  }
  throw new TypeMistake(`${typeName(a)} and ${typeName(b)} have no order`);
}

/** By code points, as Python orders strings; JavaScript's own order is by UTF-16 units. */
function compareText(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  for (let at = 0; at < Math.min(x.length, y.length); at++) {
    const difference = (x[at]?.codePointAt(0) ?? 0) - (y[at]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

/** @throws TypeMistake where `container` is not a container, or a string is searched for a value that is not a string. */
export function contains(container: PyValue, item: PyValue): boolean {
  if (container instanceof PySequence) return container.items.some((member) => equals(member, item));
  if (typeof container === "string") {
    if (typeof item !== "string") throw new TypeMistake(`"in" a string needs a string, not ${typeName(item)}`);
    return container.includes(item);
  }
  throw new TypeMistake(`"in" needs a tuple, a list or a string, not ${typeName(container)}`);
}
