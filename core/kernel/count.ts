/** How many elements an array has: arithmetic of a shape's sizes, for checks here and as C for who makes the arrays. */
import { UserError } from "../errors/user-error.ts";
import { parseExpression } from "../search-space/expression/expression.ts";
import type { Syntax } from "../search-space/expression/syntax.ts";

export interface Count {
  /** A whole number, or not one where the sizes do not fit. */
  of(shape: Readonly<Record<string, number>>): number;
  /** An expression of C over variables named as the sizes are. */
  readonly c: string;
}

/** In C all is int64_t; of what is not negative, its quotient is Python's `//`. */
const OPERATORS = new Map([
  ["+", "+"],
  ["-", "-"],
  ["*", "*"],
  ["//", "/"],
]);

/** @throws UserError (code 2) on anything but sizes, whole numbers, + - * // and parentheses. */
export function parseCount(text: string | number, sizes: ReadonlySet<string>, label: string): Count {
  if (typeof text === "number") return { of: () => text, c: `INT64_C(${text})` };
  const refuse = () =>
    new UserError(
      `${label}: a count consists of sizes (${[...sizes].join(", ") || "this kernel has none"}), whole numbers, + - * // and parentheses`,
      2,
    );
  const { syntax } = parseExpression(text, sizes, label, "size");
  const cOf = (node: Syntax): string => {
    if (node.kind === "name") return node.name;
    if (node.kind === "value" && Number.isSafeInteger(node.value)) return `INT64_C(${node.value})`;
    const operator = node.kind === "binary" ? OPERATORS.get(node.operator) : undefined;
    if (node.kind !== "binary" || operator === undefined) throw refuse();
    return `(${cOf(node.left)} ${operator} ${cOf(node.right)})`;
  };
  const numberOf = (node: Syntax, shape: Readonly<Record<string, number>>): number => {
    if (node.kind === "name") return shape[node.name] ?? Number.NaN;
    if (node.kind === "value") return node.value as number;
    if (node.kind !== "binary") throw refuse();
    const [left, right] = [numberOf(node.left, shape), numberOf(node.right, shape)];
    if (node.operator === "+") return left + right;
    if (node.operator === "-") return left - right;
    return node.operator === "*" ? left * right : Math.floor(left / right);
  };
  return { c: cOf(syntax), of: (shape) => numberOf(syntax, shape) };
}
