/**
 * Sums and products in a rule: `A * B * 4` or `A + B - C`, where each term reads one parameter and is an int. Such a
 * chain is known by its value so far, whichever parameters gave it, so that partial configurations that agree on it
 * can be treated as one.
 */
import { compile } from "../expression/evaluate.ts";
import { namesIn, operandsOf, type Syntax } from "../expression/syntax.ts";
import { type PyValue, TypeMistake, toInt, UndefinedResult } from "../expression/value.ts";

export interface Chain {
  readonly kind: "sum" | "product";
  readonly constant: bigint;
  /** By parameter, the values that its terms contribute, one for each gene. */
  readonly terms: ReadonlyMap<number, readonly bigint[]>;
}

/** A parameter of the space, as rules see it. */
export interface RuleParameter {
  readonly index: number;
  readonly values: readonly PyValue[];
}

/** Replaces every maximal chain by a new name, `#0`, `#1`, …, which no parameter can have. */
export function withoutChains(
  syntax: Syntax,
  parameters: ReadonlyMap<string, RuleParameter>,
): { readonly syntax: Syntax; readonly chains: readonly Chain[] } {
  const chains: Chain[] = [];
  const replace = (node: Syntax): Syntax => {
    const chain = chainOf(node, parameters);
    if (chain === null) return mapOperands(node, replace);
    chains.push(chain);
    return { kind: "name", name: `#${chains.length - 1}` };
  };
  return { syntax: replace(syntax), chains };
}

export const neutral = (kind: Chain["kind"]): bigint => (kind === "sum" ? 0n : 1n);
export const joined = (kind: Chain["kind"], a: bigint, b: bigint): bigint => (kind === "sum" ? a + b : a * b);

interface Term {
  readonly syntax: Syntax;
  readonly negative: boolean;
}

function chainOf(node: Syntax, parameters: ReadonlyMap<string, RuleParameter>): Chain | null {
  if (node.kind !== "binary" || !["+", "-", "*"].includes(node.operator)) return null;
  const kind = node.operator === "*" ? "product" : "sum";
  if (new Set(namesIn(node)).size < 2) return null;
  let constant = neutral(kind);
  const terms = new Map<number, readonly bigint[]>();
  for (const { syntax, negative } of termsOf(node, kind)) {
    const [name, ...others] = namesIn(syntax);
    if (others.length > 0) return null;
    const parameter = name === undefined ? null : (parameters.get(name) as RuleParameter);
    const values = intsOf(syntax, name, parameter?.values ?? [null], negative);
    if (values === null) return null;
    if (parameter === null) constant = joined(kind, constant, values[0] as bigint);
    else {
      const before = terms.get(parameter.index);
      terms.set(
        parameter.index,
        values.map((value, gene) => joined(kind, value, before?.[gene] ?? neutral(kind))),
      );
    }
  }
  return { kind, constant, terms };
}

function termsOf(node: Syntax, kind: Chain["kind"], negative = false): Term[] {
  if (kind === "product") {
    if (node.kind !== "binary" || node.operator !== "*") return [{ syntax: node, negative }];
    return [...termsOf(node.left, kind), ...termsOf(node.right, kind)];
  }
  if (node.kind !== "binary" || (node.operator !== "+" && node.operator !== "-")) return [{ syntax: node, negative }];
  const right = node.operator === "-" ? !negative : negative;
  return [...termsOf(node.left, kind, negative), ...termsOf(node.right, kind, right)];
}

/** The term's value for each gene; null where one is no int, since only ints may be added in any order. */
function intsOf(
  syntax: Syntax,
  name: string | undefined,
  values: readonly PyValue[],
  negative: boolean,
): bigint[] | null {
  const evaluate = compile(syntax, new Map(name === undefined ? [] : [[name, 0]]));
  try {
    return values.map((value) => BigInt(toInt(evaluate([value]))) * (negative ? -1n : 1n));
  } catch (error) {
    if (error instanceof TypeMistake || error instanceof UndefinedResult) return null;
    throw error;
  }
}

function mapOperands(node: Syntax, map: (operand: Syntax) => Syntax): Syntax {
  if (operandsOf(node).length === 0) return node;
  switch (node.kind) {
    case "unary":
      return { ...node, operand: map(node.operand) };
    case "binary":
    case "logic":
      return { ...node, left: map(node.left), right: map(node.right) };
    case "compare":
      return {
        ...node,
        first: map(node.first),
        links: node.links.map((link) => ({ ...link, right: map(link.right) })),
      };
    case "if":
      return { ...node, test: map(node.test), consequent: map(node.consequent), alternative: map(node.alternative) };
    case "call":
      return { ...node, args: node.args.map(map) };
    case "sequence":
      return { ...node, items: node.items.map(map) };
    default:
      return node;
  }
}
