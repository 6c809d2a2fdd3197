/**
 * Python's expression grammar by recursive descent, one function for each level of precedence. The grammars on npm do
 * not serve: mathjs binds `not` tighter than a comparison, and Lezer's Python reads `a and not b or c` as
 * `a and not (b or c)`.
 */
import { counted } from "../../text/plural.ts";
import { FUNCTIONS, MATH_FUNCTIONS } from "./functions.ts";
import { type ArithmeticOperator, type ComparisonOperator, type Syntax, SyntaxMistake } from "./syntax.ts";
import { type Token, tokensOf } from "./tokens.ts";

/** From loose to tight; `**` and the unary operators bind tighter still. */
const BINARY_LEVELS: readonly (readonly ArithmeticOperator[])[] = [
  ["|"],
  ["^"],
  ["&"],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "//", "%"],
];
const COMPARISONS: readonly ComparisonOperator[] = ["==", "!=", "<", "<=", ">", ">="];
/** Brackets and signs inside one another: more would exhaust the stack. */
const MAX_DEPTH = 100;

/**
 * @param declared the names of parameters; one that is also a function's name is the parameter.
 * @throws SyntaxMistake that names the mistake, and suggests a replacement where one is known.
 */
export function parse(text: string, declared: ReadonlySet<string>, what = "parameter"): Syntax {
  const tokens = tokensOf(text);
  let at = 0;
  let depth = 0;
  const peek = (): Token => tokens[at] as Token;
  const isNext = (symbol: string): boolean => peek().kind === "symbol" && peek().text === symbol;
  const take = (symbol: string): boolean => {
    if (!isNext(symbol)) return false;
    at++;
    return true;
  };
  const expect = (symbol: string, after: string): void => {
    if (!take(symbol)) throw new SyntaxMistake(`cannot be parsed: "${symbol}" is missing after ${after}`);
  };
  const nested = <T>(read: () => T): T => {
    if (++depth > MAX_DEPTH) throw new SyntaxMistake("cannot be parsed: it is nested too deeply");
    const result = read();
    depth--;
    return result;
  };

  function conditional(): Syntax {
    const consequent = or();
    if (!take("if")) return consequent;
    const test = or();
    expect("else", '"if"');
    return { kind: "if", test, consequent, alternative: nested(conditional) };
  }

  function or(): Syntax {
    let left = and();
    while (take("or")) left = { kind: "logic", operator: "or", left, right: and() };
    return left;
  }

  function and(): Syntax {
    let left = not();
    while (take("and")) left = { kind: "logic", operator: "and", left, right: not() };
    return left;
  }

  function not(): Syntax {
    return take("not") ? { kind: "unary", operator: "not", operand: nested(not) } : comparison();
  }

  function comparison(): Syntax {
    const first = binary(0);
    const links: { operator: ComparisonOperator; right: Syntax }[] = [];
    for (let operator = comparisonOperator(); operator !== null; operator = comparisonOperator()) {
      links.push({ operator, right: binary(0) });
    }
    return links.length === 0 ? first : { kind: "compare", first, links };
  }

  function comparisonOperator(): ComparisonOperator | null {
    for (const operator of COMPARISONS) if (take(operator)) return operator;
    if (take("in")) return "in";
    if (take("is")) return take("not") ? "is not" : "is";
    if (!isNext("not")) return null;
    at++;
    expect("in", '"not"');
    return "not in";
  }

  function binary(level: number): Syntax {
    const operators = BINARY_LEVELS[level];
    if (operators === undefined) return unary();
    let left = binary(level + 1);
    for (;;) {
      const operator = operators.find((candidate) => isNext(candidate));
      if (operator === undefined) return left;
      at++;
      left = { kind: "binary", operator, left, right: binary(level + 1) };
    }
  }

  function unary(): Syntax {
    for (const operator of ["-", "+", "~"] as const) {
      if (take(operator)) return { kind: "unary", operator, operand: nested(unary) };
    }
    const base = atom();
    // `-a ** -b` is -(a ** (-b)): the power binds tighter than a sign before it, looser than one behind it.
    return take("**") ? { kind: "binary", operator: "**", left: base, right: nested(unary) } : base;
  }

  function atom(): Syntax {
    const token = peek();
    if (token.kind === "end") throw new SyntaxMistake("cannot be parsed: it ends where a value is required");
    at++;
    if (token.kind === "value") return strings(token);
    if (token.kind === "name") return named(token.text);
    if (token.text === "(") return parenthesis();
    if (token.text === "[") return { kind: "sequence", type: "list", items: listUntil("]") };
    throw new SyntaxMistake(`cannot be parsed: a value is required before "${token.text}"`);
  }

  /** Adjacent strings are one. */
  function strings(token: Extract<Token, { kind: "value" }>): Syntax {
    let { value } = token;
    for (let next = peek(); typeof value === "string" && next.kind === "value"; next = peek()) {
      if (typeof next.value !== "string") break;
      value += next.value;
      at++;
    }
    return { kind: "value", value };
  }

  function parenthesis(): Syntax {
    if (take(")")) return { kind: "sequence", type: "tuple", items: [] };
    const first = nested(conditional);
    if (take(")")) return first;
    expect(",", '"("');
    return { kind: "sequence", type: "tuple", items: [first, ...listUntil(")")] };
  }

  function listUntil(close: ")" | "]"): Syntax[] {
    const items: Syntax[] = [];
    while (!take(close)) {
      items.push(nested(conditional));
      if (!take(",") && !isNext(close)) throw new SyntaxMistake(`cannot be parsed: "${close}" is missing`);
    }
    return items;
  }

  function named(name: string): Syntax {
    const isModule = name === "math" && !declared.has(name) && take(".");
    const called = isModule ? memberOf("math") : name;
    if (isNext(".")) throw new SyntaxMistake("accessor is not allowed: a constraint cannot use attributes");
    if (isNext("[")) throw new SyntaxMistake("a constraint cannot use an index");
    if (isNext("(")) {
      if (!isModule && declared.has(called)) throw new SyntaxMistake(`"${called}" is a parameter, not a function`);
      return call(called);
    }
    if (!isModule && declared.has(called)) return { kind: "name", name };
    throw new SyntaxMistake(unknownName(called, declared, what));
  }

  function memberOf(module: string): string {
    const { kind, text } = peek();
    at++;
    if (kind !== "name" || !MATH_FUNCTIONS.has(text)) {
      throw new SyntaxMistake(
        `a constraint may use only these functions of "${module}": ${[...MATH_FUNCTIONS].join(", ")}`,
      );
    }
    return text;
  }

  function call(name: string): Syntax {
    const callable = FUNCTIONS.get(name);
    if (callable === undefined) {
      throw new SyntaxMistake(
        `the function "${name}" is unknown; the known ones are ${[...FUNCTIONS.keys()].join(", ")}`,
      );
    }
    expect("(", name);
    const args = listUntil(")");
    if (args.length < callable.min || args.length > callable.max) {
      const wanted = counted(callable.min, "argument");
      const least = callable.max === callable.min ? wanted : `at least ${wanted}`;
      throw new SyntaxMistake(`${name} takes ${least}, not ${args.length}`);
    }
    return { kind: "call", name, args };
  }

  const syntax = conditional();
  const rest = peek();
  if (rest.kind === "end") return syntax;
  if (rest.kind === "symbol") throw new SyntaxMistake(`cannot be parsed: "${rest.text}" is not expected here`);
  throw new SyntaxMistake(`an operator is missing between two values, before "${rest.text}"`);
}

const PYTHON_SPELLING: Readonly<Record<string, string>> = { true: "True", false: "False", null: "None" };

function unknownName(name: string, declared: ReadonlySet<string>, what: string): string {
  const instead = Object.hasOwn(PYTHON_SPELLING, name) ? `; Python writes ${PYTHON_SPELLING[name]}` : "";
  const [first] = declared;
  const known = first === undefined ? "" : `; the ${what}s are ${[...declared].join(", ")}`;
  return `"${name}" is not a ${what}${instead}${known}`;
}
