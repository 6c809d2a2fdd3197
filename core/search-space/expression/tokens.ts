/** Cuts an expression into Python's tokens. */
import { SyntaxMistake } from "./syntax.ts";
import { int, PyFloat, type PyValue } from "./value.ts";

export type Token =
  | { readonly kind: "value"; readonly text: string; readonly value: PyValue }
  | { readonly kind: "name"; readonly text: string }
  /** Operators, brackets, commas, and Python's keywords. */
  | { readonly kind: "symbol"; readonly text: string }
  | { readonly kind: "end"; readonly text: "" };

/** Keywords that an expression of this kind can hold. */
const KEYWORDS = new Set(["and", "or", "not", "in", "is", "if", "else"]);
/** The rest of Python's keywords: no name, and nothing that a constraint needs. */
const OTHER_KEYWORDS: ReadonlySet<string> = new Set(
  (
    "as assert async await break class continue def del elif except finally for from global import lambda nonlocal " +
    "pass raise return try while with yield"
  ).split(" "),
);
const CONSTANTS: ReadonlyMap<string, PyValue> = new Map<string, PyValue>([
  ["True", true],
  ["False", false],
  ["None", null],
]);
/** Of other languages, with what Python writes instead. */
const FOREIGN: readonly (readonly [RegExp, string, string])[] = [
  [/&&/y, "&&", '"and"'],
  [/\|\|/y, "||", '"or"'],
  [/!(?!=)/y, "!", '"not"'],
  [/=(?!=)/y, "=", '"=="'],
  [/\?/y, "?", '"A if CONDITION else B"'],
  [/<>/y, "<>", '"!="'],
];

const SPACE = /[ \t\n\r\f]+/y;
const SYMBOL = /\*\*|\/\/|<<|>>|<=|>=|==|!=|[-+*/%&|^~<>()[\],.]/y;
const NAME = /[\p{ID_Start}_][\p{ID_Continue}]*/uy;
const NUMBER =
  /0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*)?\.\d(?:_?\d)*(?:[eE][+-]?\d(?:_?\d)*)?|\d(?:_?\d)*\.?(?:[eE][+-]?\d(?:_?\d)*)?/y;
const STRING = /([A-Za-z]*)("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/sy;

/** @throws SyntaxMistake at text that is not a token. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  while (at < text.length) {
    const space = match(SPACE);
    if (space !== null) {
      at += space[0].length;
      continue;
    }
    const token = stringToken(match(STRING)) ?? numberToken(match(NUMBER)) ?? nameToken(match(NAME));
    if (token !== null) {
      tokens.push(token);
      at += token.text.length;
      continue;
    }
    for (const [pattern, found, instead] of FOREIGN) {
      if (match(pattern) !== null) throw new SyntaxMistake(`"${found}" is not an operator of Python: use ${instead}`);
    }
    const symbol = match(SYMBOL);
    if (symbol === null) {
      throw new SyntaxMistake(`${JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0))} cannot be read`);
    }
    tokens.push({ kind: "symbol", text: symbol[0] });
    at += symbol[0].length;
  }
  tokens.push({ kind: "end", text: "" });
  return tokens;
}

function nameToken(match: RegExpExecArray | null): Token | null {
  if (match === null) return null;
  const text = match[0];
  const constant = CONSTANTS.get(text);
  if (constant !== undefined) return { kind: "value", text, value: constant };
  if (OTHER_KEYWORDS.has(text)) throw new SyntaxMistake(`"${text}" is a keyword of Python, not a name`);
  return { kind: KEYWORDS.has(text) ? "symbol" : "name", text };
}

function numberToken(match: RegExpExecArray | null): Token | null {
  if (match === null) return null;
  const text = match[0];
  const after = match.input.charAt(match.index + text.length);
  if (/[\w.]/.test(after)) throw new SyntaxMistake(`"${text}${after}" is not a number; an operator may be missing`);
  const digits = text.replaceAll("_", "");
  if (/^0\d*[1-9]\d*$/.test(digits)) throw new SyntaxMistake(`${text}: Python allows no zeros before a number`);
  const isInt = /^0[xXoObB]/.test(digits) || /^\d+$/.test(digits);
  return { kind: "value", text, value: isInt ? int(BigInt(digits)) : new PyFloat(Number(digits)) };
}

function stringToken(match: RegExpExecArray | null): Token | null {
  if (match === null) return null;
  const [text, prefix = "", quoted = ""] = match;
  if (/[^rRuU]/.test(prefix) || prefix.length > 1) throw new SyntaxMistake(`${text}: use a plain string`);
  const body = quoted.slice(1, -1);
  if (match.input.charAt(match.index + text.length) === quoted.charAt(0) && body === "") {
    throw new SyntaxMistake("strings in triple quotes are not supported: use a plain string");
  }
  return { kind: "value", text, value: /r/i.test(prefix) ? body : unescaped(body) };
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

function unescaped(body: string): string {
  return body.replaceAll(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|(.))/gs,
    (whole, x, u, U, octal, letter) => {
      const hex = x ?? u ?? U;
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      // Python keeps a backslash that begins no escape.
      return Object.hasOwn(ESCAPES, letter) ? (ESCAPES[letter] as string) : whole;
    },
  );
}
