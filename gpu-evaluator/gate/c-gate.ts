/**
 * The static gate for C that a language model wrote, before anything is compiled: by allow-lists of headers, calls,
 * attributes and the compiler's own names, without assembly and without tricks of the preprocessor. It reads the region
 * alone; the text around it is the kernel author's. It is a first filter with clear messages; code that passes still
 * meets the check of the object code's symbols (`isLinkable`) and the sandbox.
 */

import { computedCalls, namesOf } from "./c-calls.ts";
import { expand } from "./c-macros.ts";
import { ATTRIBUTES, CALLS, HEADERS, isAllowedOfCompiler, isCompilersOwn, KEVO, KEYWORDS, REFUSED } from "./c-names.ts";
import { type Defined, definedIn, macroOf, partners } from "./c-structure.ts";
import { type Directive, split, type Token, type Tokens, tokensOf } from "./c-tokens.ts";

const PRAGMA =
  /^(?:GCC (?:unroll \d+|ivdep)|unroll(?: ?\(?\d+\)?)?|clang loop (?:vectorize|unroll|interleave)\((?:enable|disable|full|\d+)\))$/;
const TEXT = /^"[A-Za-z0-9_]{1,31}"$|^'[^']{1,4}'$/;
const PLAIN_DIRECTIVES = new Set(["if", "ifdef", "ifndef", "elif", "else", "endif"]);
const MAX_COMPLAINTS = 5;
const CALLABLE = new Set([...CALLS, ...[...KEVO].filter((name) => name !== "kevo_shape")]);
const CLOSING = new Map([
  ["(", ")"],
  ["[", "]"],
  ["{", "}"],
]);

/**
 * @param region the evolved lines.
 * @param around the kernel's source before them, whose functions, macros and types they may use.
 * @returns the first refused thing, as a message for its author; null when all is allowed.
 */
export function refusedInC(region: string, around: string): string | null {
  const tokens = tokensOf(region);
  if (typeof tokens === "string") return `not allowed: ${tokens}`;
  const outside = tokensOf(around);
  if (typeof outside === "string") return `the kernel's own code has ${outside}`;
  const defined = [definedIn(outside), definedIn(tokens)];
  const known = new Set(defined.flatMap(({ functions, types, macros }) => [...functions, ...types, ...macros.keys()]));
  const names = namesOf(CALLABLE, defined);
  const { variants, complaints: unclear } = expand(tokens, outside);
  const callable = new Set([
    ...defined.flatMap(({ functions, types }) => [...functions, ...types]),
    ...calledInMacros(defined[0] as Defined),
  ]);
  const complaints = new Set([
    ...tokens.directives.flatMap(wrongDirective),
    ...wrongDefinitions(defined[1] as Defined),
    ...partsOf(tokens).flatMap(({ code, parameters }) => [
      ...wrongNames(code),
      ...wrongAttributes(code),
      ...wrongCalls(code, known),
      ...computedCalls(code, names, parameters),
    ]),
    ...unclear,
    // As the compiler reads it. No name comes into being there that has not been looked at.
    ...variants.flatMap((code) => [...wrongCalls(code, callable), ...computedCalls(code, names, null)]),
  ]);
  if (complaints.size === 0) return null;
  const more = complaints.size > MAX_COMPLAINTS ? `; and ${complaints.size - MAX_COMPLAINTS} more` : "";
  return `not allowed: ${[...complaints].slice(0, MAX_COMPLAINTS).join("; ")}${more}`;
}

interface Part {
  readonly code: readonly Token[];
  /** Of the macro whose body it is; null for other code. */
  readonly parameters: readonly string[] | null;
}

/** Each directive for itself: what follows it in the text does not follow it in the code. */
function partsOf({ code, directives }: Tokens): Part[] {
  const parts = directives.flatMap(({ name, rest }): Part[] => {
    if (name === "define") return macroOf(rest).map(({ parameters, body }) => ({ code: split(body), parameters }));
    return PLAIN_DIRECTIVES.has(name) ? [{ code: split(rest), parameters: null }] : [];
  });
  return [{ code, parameters: null }, ...parts];
}

function wrongDirective({ name, rest }: Directive): string[] {
  if (PLAIN_DIRECTIVES.has(name)) return [];
  if (name === "include") {
    const header = /^<([^>]+)>$/.exec(rest)?.[1];
    return header !== undefined && HEADERS.has(header)
      ? []
      : [`#include ${rest} (there are ${[...HEADERS].map((h) => `<${h}>`).join(", ")})`];
  }
  if (name === "pragma") return PRAGMA.test(rest) ? [] : [`#pragma ${rest}`];
  if (name !== "define") return [`#${name}`];
  const defined = /^\w+/.exec(rest)?.[0] ?? "";
  const isTaken = KEYWORDS.has(defined) || CALLS.has(defined) || KEVO.has(defined) || isCompilersOwn(defined);
  if (isTaken || REFUSED.has(defined)) return [`a redefinition of ${defined}`];
  const [macro] = macroOf(rest);
  if (macro?.body.includes("#")) return [`# or ## in the macro ${defined}`];
  // Half of a pair would be in the code unseen.
  return macro === undefined || isBalanced(split(macro.body)) ? [] : [`unpaired parentheses in the macro ${defined}`];
}

function wrongNames(tokens: readonly Token[]): string[] {
  return tokens.flatMap(({ kind, text }) => {
    if (kind === "text") return TEXT.test(text) ? [] : [`the text ${text.slice(0, 40)}`];
    if (kind !== "name")
      return text === "#" || text === "@" || text === "\\" || text === "`" ? [`the sign ${text}`] : [];
    if (REFUSED.has(text)) return [`the name ${text}`];
    if (text.startsWith("kevo_") && !KEVO.has(text)) return [`the name ${text}`];
    return isCompilersOwn(text) && !isAllowedOfCompiler(text) && !ATTRIBUTES.has(text) ? [`the name ${text}`] : [];
  });
}

function isBalanced(code: readonly Token[]): boolean {
  const open: string[] = [];
  for (const { text } of code) {
    const closing = CLOSING.get(text);
    if (closing !== undefined) open.push(closing);
    else if ([...CLOSING.values()].includes(text) && open.pop() !== text) return false;
  }
  return open.length === 0;
}

/** Functions under a name of the library's would be called in its place. */
function wrongDefinitions({ functions }: Defined): string[] {
  return [...functions].filter((name) => CALLS.has(name)).map((name) => `a new function named ${name}`);
}

/** Calls in the kernel's macros are its author's. */
const calledInMacros = ({ macros }: Defined) =>
  [...macros.values()].flatMap(({ body }) =>
    split(body).flatMap(({ kind, text }, at, all) => (kind === "name" && all[at + 1]?.text === "(" ? [text] : [])),
  );

function wrongAttributes(tokens: readonly Token[]): string[] {
  const pairs = partners(tokens);
  const complaints: string[] = [];
  for (let at = 0; at < tokens.length; at++) {
    if (tokens[at]?.text === "[" && tokens[at + 1]?.text === "[") complaints.push("an attribute in [[ ]]");
    if (tokens[at]?.text !== "__attribute__") continue;
    const end = pairs[at + 1] ?? -1;
    if (end < 0) {
      complaints.push("an attribute without parentheses");
      continue;
    }
    for (let depth = 0; at < end; at++) {
      const { kind, text } = tokens[at + 1] as Token;
      if (text === "(") depth++;
      else if (text === ")") depth--;
      else if (depth === 2 && kind === "name" && !ATTRIBUTES.has(text)) complaints.push(`the attribute ${text}`);
    }
  }
  return complaints;
}

function wrongCalls(tokens: readonly Token[], known: ReadonlySet<string>): string[] {
  return tokens.flatMap(({ kind, text }, at) => {
    if (kind !== "name" || tokens[at + 1]?.text !== "(") return [];
    if (KEYWORDS.has(text) || CALLS.has(text) || known.has(text) || ATTRIBUTES.has(text) || isAllowedOfCompiler(text))
      return [];
    return REFUSED.has(text) || text.startsWith("kevo_")
      ? []
      : [`a call of ${text}, which is not defined in the region`];
  });
}
