/**
 * The static gate for C that a language model wrote, before anything is compiled: by allow-lists of headers, calls,
 * attributes and the compiler's own names, without assembly and without tricks of the preprocessor. It looks at
 * the region alone; what stands around it is the kernel's author's. It is a first filter with clear messages; what
 * it lets through still meets the check of the object code's symbols (`isLinkable`) and the sandbox.
 */
import { ATTRIBUTES, CALLS, HEADERS, isAllowedOfCompiler, isCompilersOwn, KEVO, KEYWORDS, REFUSED } from "./c-names.ts";
import { type Directive, split, type Token, type Tokens, tokensOf } from "./c-tokens.ts";

const PRAGMA =
  /^(?:GCC (?:unroll \d+|ivdep)|unroll(?: ?\(?\d+\)?)?|clang loop (?:vectorize|unroll|interleave)\((?:enable|disable|full|\d+)\))$/;
const TEXT = /^"[A-Za-z0-9_]{1,31}"$|^'[^']{1,4}'$/;
const PLAIN_DIRECTIVES = new Set(["if", "ifdef", "ifndef", "elif", "else", "endif"]);
const MAX_COMPLAINTS = 5;

/**
 * @param region the evolved lines.
 * @param around the kernel's source before them, whose functions, macros and types they may use.
 * @returns what is refused, as a message for its author; null when nothing is.
 */
export function refusedInC(region: string, around: string): string | null {
  const tokens = tokensOf(region);
  if (typeof tokens === "string") return `not allowed: ${tokens}`;
  const outside = tokensOf(around);
  if (typeof outside === "string") return `the kernel's own code has ${outside}`;
  const known = new Set([...namesDefined(outside), ...namesDefined(tokens)]);
  // Each directive for itself: what follows it in the text does not follow it in the code.
  const parts = [tokens.code, ...tokens.directives.map(bodyOf)];
  const complaints = [
    ...tokens.directives.flatMap(wrongDirective),
    ...wrongDefinitions(tokens),
    ...parts.flatMap((part) => [...wrongNames(part), ...wrongAttributes(part), ...wrongCalls(part, known)]),
  ];
  const distinct = [...new Set(complaints)];
  if (distinct.length === 0) return null;
  const more = distinct.length > MAX_COMPLAINTS ? `; and ${distinct.length - MAX_COMPLAINTS} more` : "";
  return `not allowed: ${distinct.slice(0, MAX_COMPLAINTS).join("; ")}${more}`;
}

/** What a macro stands for, or what a condition says. */
function bodyOf({ name, rest }: Directive): Token[] {
  if (name === "define") return split(withoutHead(rest));
  return PLAIN_DIRECTIVES.has(name) ? split(rest) : [];
}

function withoutHead(definition: string): string {
  return definition.replace(/^\w+(?:\([^)]*\))?/, "");
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
  if (name !== "define" && name !== "undef") return [`#${name}`];
  const defined = /^\w+/.exec(rest)?.[0] ?? "";
  const isTaken = KEYWORDS.has(defined) || CALLS.has(defined) || KEVO.has(defined) || isCompilersOwn(defined);
  if (isTaken || REFUSED.has(defined)) return [`a redefinition of ${defined}`];
  return withoutHead(rest).includes("#") ? [`# or ## in the macro ${defined}`] : [];
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

/** Functions under a name of the library's would be called in its place. */
function wrongDefinitions(tokens: Tokens): string[] {
  return functionsOf(tokens.code)
    .filter((name) => CALLS.has(name))
    .map((name) => `a new function named ${name}`);
}

function wrongAttributes(tokens: readonly Token[]): string[] {
  return tokens.flatMap(({ text }, at) => {
    if (text !== "__attribute__") return [];
    const names: string[] = [];
    const end = matching(tokens, at + 1);
    for (let depth = 0, i = at + 1; i <= end; i++) {
      const token = tokens[i] as Token;
      if (token.text === "(") depth++;
      else if (token.text === ")") depth--;
      else if (depth === 2 && token.kind === "name") names.push(token.text);
    }
    const wrong = names.filter((name) => !ATTRIBUTES.has(name));
    return end < 0 ? ["an attribute without parentheses"] : wrong.map((name) => `the attribute ${name}`);
  });
}

function wrongCalls(tokens: readonly Token[], known: ReadonlySet<string>): string[] {
  return tokens.flatMap(({ kind, text }, at) => {
    if (kind !== "name" || tokens[at + 1]?.text !== "(") return [];
    if (KEYWORDS.has(text) || CALLS.has(text) || known.has(text) || ATTRIBUTES.has(text) || isAllowedOfCompiler(text))
      return [];
    const before = tokens[at - 1]?.text;
    // A parameter of the configuration in capitals, and members of a structure, are no calls of the library's.
    return before === "." || REFUSED.has(text) || text.startsWith("kevo_")
      ? []
      : [`a call of ${text}, which is not defined in the region`];
  });
}

/** Functions with a body, macros, types and pointers to functions. */
function namesDefined({ code, directives }: Tokens): string[] {
  const macros = directives.filter(({ name }) => name === "define").flatMap(({ rest }) => /^\w+/.exec(rest) ?? []);
  const types = code.flatMap(({ text }, at) => (text === "typedef" ? typeNamed(code, at) : []));
  const pointers = code.flatMap(({ text }, at) =>
    text === "(" &&
    code[at + 1]?.text === "*" &&
    code[at + 2]?.kind === "name" &&
    code[at + 3]?.text === ")" &&
    code[at + 4]?.text === "("
      ? [(code[at + 2] as Token).text]
      : [],
  );
  return [...macros, ...types, ...pointers, ...functionsOf(code)];
}

function functionsOf(code: readonly Token[]): string[] {
  const found: string[] = [];
  for (let at = 0, depth = 0; at < code.length; at++) {
    const { kind, text } = code[at] as Token;
    if (text === "{") depth++;
    if (text === "}") depth--;
    if (depth !== 0 || kind !== "name" || code[at + 1]?.text !== "(") continue;
    const end = matching(code, at + 1);
    if (end > 0 && code[end + 1]?.text === "{") found.push(text);
  }
  return found;
}

/** The name that a typedef introduces: the last one before its semicolon that is in no parentheses, braces or brackets. */
function typeNamed(code: readonly Token[], from: number): string[] {
  let name: string | undefined;
  for (let at = from + 1, depth = 0; at < code.length; at++) {
    const { kind, text } = code[at] as Token;
    if (/^[({[]$/.test(text)) depth++;
    if (/^[)}\]]$/.test(text)) depth--;
    if (depth === 0 && text === ";") break;
    if (depth === 0 && kind === "name" && text !== "__attribute__") name = text;
  }
  return name === undefined ? [] : [name];
}

/** Where the parenthesis that opens at `from` closes; -1 where none opens there, or it never closes. */
function matching(code: readonly Token[], from: number): number {
  if (code[from]?.text !== "(") return -1;
  for (let at = from, depth = 0; at < code.length; at++) {
    const { text } = code[at] as Token;
    if (text === "(") depth++;
    if (text === ")" && --depth === 0) return at;
  }
  return -1;
}
