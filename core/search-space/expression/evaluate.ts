/** Compiles a tree to closures once; a rule is then evaluated for many configurations. */
import { ARITHMETIC, invert, negate } from "./arithmetic.ts";
import { FUNCTIONS } from "./functions.ts";
import type { ComparisonOperator, Syntax } from "./syntax.ts";
import { contains, equals, isBelow, isTrue, PySequence, type PyValue, TypeMistake, toNumber } from "./value.ts";

/** `scope` holds the names' values, in the order that `compile` was given. */
export type Evaluate = (scope: readonly PyValue[]) => PyValue;

/** @param slots the position of each name in the scope. */
export function compile(syntax: Syntax, slots: ReadonlyMap<string, number>): Evaluate {
  const of = (node: Syntax): Evaluate => compile(node, slots);
  switch (syntax.kind) {
    case "value": {
      const { value } = syntax;
      return () => value;
    }
    case "name": {
      const slot = slots.get(syntax.name) as number;
      return (scope) => scope[slot] as PyValue;
    }
    case "unary":
      return unary(syntax.operator, of(syntax.operand));
    case "binary": {
      const [operation, left, right] = [ARITHMETIC[syntax.operator], of(syntax.left), of(syntax.right)];
      return (scope) => operation(left(scope), right(scope));
    }
    case "logic": {
      const [left, right, stopsAt] = [of(syntax.left), of(syntax.right), syntax.operator === "or"];
      return (scope) => {
        const value = left(scope);
        return isTrue(value) === stopsAt ? value : right(scope);
      };
    }
    case "compare":
      return chain(
        of(syntax.first),
        syntax.links.map(({ operator, right }) => [COMPARE[operator], of(right)] as const),
      );
    case "if": {
      const [test, consequent, alternative] = [of(syntax.test), of(syntax.consequent), of(syntax.alternative)];
      return (scope) => (isTrue(test(scope)) ? consequent(scope) : alternative(scope));
    }
    case "call": {
      const [callable, args] = [FUNCTIONS.get(syntax.name), syntax.args.map(of)];
      if (callable === undefined) throw new TypeError(`no function ${syntax.name}`);
      return (scope) => callable.call(args.map((arg) => arg(scope)));
    }
    case "sequence": {
      const [type, items] = [syntax.type, syntax.items.map(of)];
      return (scope) =>
        new PySequence(
          type,
          items.map((item) => item(scope)),
        );
    }
  }
}

function unary(operator: "-" | "+" | "~" | "not", operand: Evaluate): Evaluate {
  switch (operator) {
    case "-":
      return (scope) => negate(operand(scope));
    case "+":
      return (scope) => toNumber(operand(scope));
    case "~":
      return (scope) => invert(operand(scope));
    case "not":
      return (scope) => !isTrue(operand(scope));
  }
}

type Compare = (left: PyValue, right: PyValue) => boolean;
const COMPARE: Readonly<Record<ComparisonOperator, Compare>> = {
  "==": equals,
  "!=": (a, b) => !equals(a, b),
  "<": (a, b) => isBelow(a, b, false),
  "<=": (a, b) => isBelow(a, b, true),
  ">": (a, b) => isBelow(b, a, false),
  ">=": (a, b) => isBelow(b, a, true),
  in: (a, b) => contains(b, a),
  "not in": (a, b) => !contains(b, a),
  is: isSame,
  "is not": (a, b) => !isSame(a, b),
};

/** Identity is certain for None and the two booleans only. */
function isSame(a: PyValue, b: PyValue): boolean {
  if (a === null || b === null || typeof a === "boolean" || typeof b === "boolean") return a === b;
  throw new TypeMistake('"is" compares with None, True and False only: use "=="');
}

/** The operands are evaluated once each, and no further than the first link that fails. */
function chain(first: Evaluate, links: readonly (readonly [Compare, Evaluate])[]): Evaluate {
  return (scope) => {
    let left = first(scope);
    for (const [compare, operand] of links) {
      const right = operand(scope);
      if (!compare(left, right)) return false;
      left = right;
    }
    return true;
  };
}
