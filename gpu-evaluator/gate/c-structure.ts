/** The definitions in a piece of C, read from its tokens in one pass each. */
import type { Token, Tokens } from "./c-tokens.ts";

/** For each parenthesis the place of its partner; -1 for what has none. */
export function partners(code: readonly Token[]): Int32Array {
  const found = new Int32Array(code.length).fill(-1);
  const open: number[] = [];
  for (const [at, { text }] of code.entries()) {
    if (text === "(") open.push(at);
    const from = text === ")" ? open.pop() : undefined;
    if (from === undefined) continue;
    found[from] = at;
    found[at] = from;
  }
  return found;
}

/** Braces around each token, the opening one not counted. */
export function braceDepths(code: readonly Token[]): Int32Array {
  let depth = 0;
  return Int32Array.from(code, ({ text }) => {
    if (text === "}") depth--;
    const here = depth;
    if (text === "{") depth++;
    return here;
  });
}

export interface Macro {
  readonly name: string;
  /** None for one without parentheses. */
  readonly parameters: readonly string[];
  readonly body: string;
}

export interface Defined {
  /** Functions with a body. */
  readonly functions: ReadonlySet<string>;
  /** Names that typedefs introduce. */
  readonly types: ReadonlySet<string>;
  readonly macros: ReadonlyMap<string, Macro>;
  /** Types of functions, or of pointers to them, among `types`. */
  readonly functionTypes: ReadonlySet<string>;
}

export function definedIn({ code, directives }: Tokens): Defined {
  const typedefs = typedefsOf(code);
  const macros = directives.flatMap(({ name, rest }) => (name === "define" ? macroOf(rest) : []));
  return {
    functions: new Set(functionsOf(code)),
    types: new Set(typedefs.flatMap(({ name }) => name ?? [])),
    functionTypes: new Set(typedefs.flatMap(({ name, isOfFunction }) => (isOfFunction ? (name ?? []) : []))),
    macros: new Map(macros.map((macro) => [macro.name, macro])),
  };
}

/** @param definition what follows `#define` */
export function macroOf(definition: string): Macro[] {
  const [whole, name, parameters] = /^(\w+)(?:\(([^)]*)\))?/.exec(definition) ?? [];
  if (whole === undefined || name === undefined) return [];
  const named = parameters?.split(",").map((one) => one.trim()) ?? [];
  return [{ name, parameters: named, body: definition.slice(whole.length) }];
}

function functionsOf(code: readonly Token[]): string[] {
  const [pairs, depths] = [partners(code), braceDepths(code)];
  return code.flatMap(({ kind, text }, at) => {
    if (depths[at] !== 0 || kind !== "name" || code[at + 1]?.text !== "(") return [];
    const end = pairs[at + 1] ?? -1;
    return end > 0 && code[end + 1]?.text === "{" ? [text] : [];
  });
}

interface Typedef {
  /** The last name before its semicolon that is in no parentheses, braces or brackets. */
  readonly name: string | null;
  /** Parentheses beside those of attributes and structures. */
  readonly isOfFunction: boolean;
}

function typedefsOf(code: readonly Token[]): Typedef[] {
  const found: Typedef[] = [];
  for (let at = 0; at < code.length; at++) {
    if (code[at]?.text !== "typedef") continue;
    let name: string | null = null;
    let isOfFunction = false;
    let depth = 0;
    for (at++; at < code.length; at++) {
      const { kind, text } = code[at] as Token;
      if (depth === 0 && text === ";") break;
      if (depth === 0 && text === "(" && code[at - 1]?.text !== "__attribute__") isOfFunction = true;
      if (text === "(" || text === "{" || text === "[") depth++;
      if (text === ")" || text === "}" || text === "]") depth--;
      if (depth === 0 && kind === "name" && text !== "__attribute__") name = text;
    }
    found.push({ name, isOfFunction });
  }
  return found;
}
