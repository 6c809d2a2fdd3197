/**
 * Constraint expressions, parsed and evaluated by mathjs with everything removed that an expression over
 * parameters does not need: no assignment, no function of one's own, no property, no array, no unit. The tree
 * is checked node by node before it is compiled; mathjs compiles to closures and never to source text.
 */
import { create, type MathNode, parseDependencies } from "mathjs/number";
import { UserError } from "../errors/user-error.ts";
import { COMPARISONS, FUNCTIONS, OPERATORS } from "./operators.ts";

const math = create({ ...parseDependencies });
math.import(OPERATORS, { override: true });

export interface Expression {
  readonly text: string;
  /** Names that occur in it, in order of first appearance. */
  readonly names: readonly string[];
  /** Whether it holds. `scope` gives every name a number, string or boolean. @throws UserError on a type mistake. */
  holds(scope: Map<string, unknown>): boolean;
}

/** The fields of mathjs' nodes that are read here; its own types do not narrow on `type`. */
interface Node {
  type: string;
  op?: string;
  fn?: string | { name?: string };
  implicit?: boolean;
  isPercentage?: boolean;
  name?: string;
  args?: Node[];
}

/** @throws UserError that names the expression, what is wrong in it, and the allowed names. */
export function parseExpression(text: string, allowed: ReadonlySet<string>): Expression {
  const fail = (what: string): never => {
    throw new UserError(`constraint "${text}": ${what}`, 2);
  };
  if (/&&|\|\||\/\/|(^|[^=!<>])=([^=]|$)/.test(text.replaceAll(/"[^"]*"|'[^']*'/g, ""))) {
    fail('use "and", "or", "==" and "floor(a / b)"; "&&", "||", "=" and "//" are not known');
  }
  let root: MathNode;
  try {
    root = math.parse(text) as unknown as MathNode;
  } catch (error) {
    return fail(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const names = new Set<string>();
  root.traverse((mathNode, _path, parent) => {
    const node = mathNode as unknown as Node;
    const mistake = mistakeOf(node, parent as unknown as Node | null, allowed);
    if (mistake !== null) fail(mistake);
    if (node.type === "SymbolNode" && node.name !== undefined && allowed.has(node.name)) names.add(node.name);
  });
  const compiled = root.compile();
  return {
    text,
    names: [...names],
    holds: (scope) => {
      try {
        return Boolean(compiled.evaluate(scope));
      } catch (error) {
        return fail(error instanceof Error ? error.message : String(error));
      }
    },
  };
}

function mistakeOf(node: Node, parent: Node | null, allowed: ReadonlySet<string>): string | null {
  switch (node.type) {
    case "ParenthesisNode":
    case "RelationalNode":
    case "ConditionalNode":
    case "ConstantNode":
      return null;
    case "OperatorNode": {
      if (node.implicit) return "an operator is missing between two values";
      if (!Object.hasOwn(OPERATORS, String(node.fn))) return `the operator "${node.op}" is not allowed`;
      // mathjs reads `a %` as a percentage.
      if (node.isPercentage) return 'after "%" a parameter, a number or a parenthesis is needed';
      // mathjs binds `not` tighter than a comparison, Python looser: refuse what the two read differently.
      const first = node.args?.[0];
      if (COMPARISONS.has(String(node.fn)) && first?.type === "OperatorNode" && first.fn === "not") {
        return 'write "not (a == b)" with parentheses';
      }
      return null;
    }
    case "FunctionNode": {
      const called = typeof node.fn === "string" ? node.fn : node.fn?.name;
      return FUNCTIONS.has(String(called))
        ? null
        : `the function "${called}" is not known; there are ${[...FUNCTIONS].join(", ")}`;
    }
    case "SymbolNode": {
      const isCall =
        parent?.type === "FunctionNode" && FUNCTIONS.has(String(node.name)) && (parent.fn as unknown) === node;
      if (isCall || allowed.has(String(node.name))) return null;
      return `"${node.name}" is not a parameter; the parameters are ${[...allowed].join(", ")}`;
    }
    default:
      return `${node.type.replace(/Node$/, "").toLowerCase()} is not allowed in a constraint`;
  }
}
