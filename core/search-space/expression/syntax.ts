/** The tree of a constraint: the part of Python's expression grammar that rules over parameters use. */
import type { PyValue } from "./value.ts";

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "//" | "%" | "**" | "&" | "|" | "^" | "<<" | ">>";
export type ComparisonOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in" | "is" | "is not";

export type Syntax =
  | { readonly kind: "value"; readonly value: PyValue }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "unary"; readonly operator: "-" | "+" | "~" | "not"; readonly operand: Syntax }
  | {
      readonly kind: "binary";
      readonly operator: ArithmeticOperator;
      readonly left: Syntax;
      readonly right: Syntax;
    }
  /** `and` and `or` yield one of their operands, as in Python, not a boolean. */
  | { readonly kind: "logic"; readonly operator: "and" | "or"; readonly left: Syntax; readonly right: Syntax }
  /** A chain such as `1 < A <= B`: every link must hold. */
  | {
      readonly kind: "compare";
      readonly first: Syntax;
      readonly links: readonly { readonly operator: ComparisonOperator; readonly right: Syntax }[];
    }
  | { readonly kind: "if"; readonly test: Syntax; readonly consequent: Syntax; readonly alternative: Syntax }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Syntax[] }
  | { readonly kind: "sequence"; readonly type: "tuple" | "list"; readonly items: readonly Syntax[] };

/** A mistake in the text of an expression. The caller names the expression. */
export class SyntaxMistake extends Error {}

/** The operands of a node, in the order in which they are written. */
export function operandsOf(syntax: Syntax): readonly Syntax[] {
  switch (syntax.kind) {
    case "value":
    case "name":
      return [];
    case "unary":
      return [syntax.operand];
    case "binary":
    case "logic":
      return [syntax.left, syntax.right];
    case "compare":
      return [syntax.first, ...syntax.links.map(({ right }) => right)];
    case "if":
      return [syntax.consequent, syntax.test, syntax.alternative];
    case "call":
      return syntax.args;
    case "sequence":
      return syntax.items;
  }
}

/** Names that occur in it, in order of first appearance. */
export function namesIn(syntax: Syntax): string[] {
  const names = new Set<string>();
  const visit = (node: Syntax): void => {
    if (node.kind === "name") names.add(node.name);
    for (const operand of operandsOf(node)) visit(operand);
  };
  visit(syntax);
  return [...names];
}
