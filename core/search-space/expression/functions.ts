/** The functions that a constraint may call: Python's own, and `floor`, `ceil` and `log2` of its `math`. */
import { ARITHMETIC, negate } from "./arithmetic.ts";
import {
  int,
  isBelow,
  isTrue,
  PyFloat,
  type PyInt,
  PySequence,
  type PyValue,
  TypeMistake,
  toDouble,
  toNumber,
  typeName,
  UndefinedResult,
} from "./value.ts";

interface Callable {
  readonly min: number;
  readonly max: number;
  call(args: readonly PyValue[]): PyValue;
}

const one = (call: (value: PyValue) => PyValue): Callable => ({
  min: 1,
  max: 1,
  call: ([value]) => call(value ?? null),
});
const any = (call: (values: readonly PyValue[]) => PyValue): Callable => ({
  min: 1,
  max: Number.POSITIVE_INFINITY,
  call: (args) => call(args.length === 1 ? itemsOf(args[0] ?? null) : args),
});

export const FUNCTIONS: ReadonlyMap<string, Callable> = new Map<string, Callable>([
  ["min", any((values) => extreme(values, (a, b) => isBelow(a, b, false)))],
  ["max", any((values) => extreme(values, (a, b) => isBelow(b, a, false)))],
  ["abs", one((value) => (isBelow(value, 0, false) ? negate(value) : toNumber(value)))],
  ["round", one((value) => rounded(value, half))],
  ["floor", one((value) => rounded(value, Math.floor))],
  ["ceil", one((value) => rounded(value, Math.ceil))],
  ["log2", one(log2)],
  ["int", one((value) => rounded(value, Math.trunc))],
  ["float", one((value) => new PyFloat(toDouble(toNumber(value))))],
  ["bool", one(isTrue)],
  ["len", one((value) => (typeof value === "string" ? [...value].length : itemsOf(value).length))],
  ["sum", one((value) => itemsOf(value).reduce((sum, item) => ARITHMETIC["+"](sum, toNumber(item)), 0 as PyValue))],
  ["any", one((value) => itemsOf(value).some(isTrue))],
  ["all", one((value) => itemsOf(value).every(isTrue))],
  ["pow", { min: 2, max: 2, call: ([base, exponent]) => ARITHMETIC["**"](base ?? null, exponent ?? null) }],
]);

/** Those that Python has in `math`, and that may be written `math.floor(x)` too. */
export const MATH_FUNCTIONS: ReadonlySet<string> = new Set(["floor", "ceil", "log2"]);

function itemsOf(value: PyValue): readonly PyValue[] {
  if (value instanceof PySequence) return value.items;
  if (typeof value === "string") return [...value];
  throw new TypeMistake(`${typeName(value)} is not a tuple or a list`);
}

/** The first of those that none comes before. */
function extreme(values: readonly PyValue[], isBefore: (a: PyValue, b: PyValue) => boolean): PyValue {
  if (values.length === 0) throw new UndefinedResult("min and max need at least one value");
  return values.reduce((best, value) => (isBefore(value, best) ? value : best));
}

/** To an int; an int stays as it is. */
function rounded(value: PyValue, round: (double: number) => number): PyInt {
  const number = toNumber(value);
  if (!(number instanceof PyFloat)) return number;
  if (!Number.isFinite(number.value)) throw new UndefinedResult("infinity and NaN cannot be rounded");
  return int(BigInt(round(number.value)));
}

/** Python rounds a half to the even neighbour. */
function half(double: number): number {
  const floor = Math.floor(double);
  const part = double - floor;
  if (part !== 0.5) return part < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

function log2(value: PyValue): PyFloat {
  const number = toNumber(value);
  if (isBelow(number, 0, true)) throw new UndefinedResult("the logarithm of a number that is not positive");
  if (typeof number !== "bigint") return new PyFloat(Math.log2(toDouble(number)));
  const bits = number.toString(2).length;
  const cut = Math.max(0, bits - 60);
  return new PyFloat(Math.log2(Number(number >> BigInt(cut))) + cut);
}
