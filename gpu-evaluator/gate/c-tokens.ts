/**
 * The C of an evolved region as tokens, as far as the gate needs it: without comments, directives apart. Every step
 * takes time that grows with the length alone, since the author of the text is not trusted.
 */

export interface Token {
  readonly kind: "name" | "number" | "text" | "sign";
  readonly text: string;
}

export interface Directive {
  /** `include`, `define`, `pragma`, … */
  readonly name: string;
  readonly rest: string;
  /** How many of the code's tokens precede it. */
  readonly at: number;
}

export interface Tokens {
  readonly code: readonly Token[];
  readonly directives: readonly Directive[];
}

/** Once every text is known to end. */
const TOKEN =
  /([A-Za-z_$][\w$]*)|(\.?\d[\w.]*(?:[eEpP][+-][\w.]*)*)|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|([^\s\w])/g;
const KINDS = ["name", "number", "text", "sign"] as const;

/** A text says what no token can be made of. */
export function tokensOf(source: string): Tokens | string {
  // Other ways to write # [ ] { }, which would hide what follows.
  if (/\?\?[=/'()!<>-]|%:|<[%:]|[%:]>/.test(source)) return "trigraphs or digraphs";
  // Some compilers end a line, and with it a comment, at signs where others do not.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)/.test(source)) return "control characters";
  const joined = source.replaceAll("\r\n", "\n").replaceAll(/\\[ \t]*\n/g, "");
  const bare = withoutComments(joined);
  if (typeof bare !== "string") return bare.wrong;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  if (/[^\x09\x0a\x20-\x7e]/.test(bare)) return "non-ASCII characters outside comments";
  // Where a name ends would depend on the compiler.
  if (bare.includes("$")) return "the sign $";
  const directives: Directive[] = [];
  const code: Token[] = [];
  for (const line of bare.split("\n")) {
    const directive = /^\s*#\s*(\w*)\s*(.*)$/.exec(line);
    if (directive === null) for (const token of split(line)) code.push(token);
    else directives.push({ name: directive[1] as string, rest: (directive[2] as string).trim(), at: code.length });
  }
  return { code, directives };
}

function withoutComments(source: string): string | { readonly wrong: string } {
  const kept: string[] = [];
  let from = 0;
  for (let at = 0; at < source.length; at++) {
    const sign = source[at];
    if (sign === '"' || sign === "'") {
      at = endOfText(source, at);
      if (at < 0) return { wrong: "a text or a character without an end" };
      continue;
    }
    const opens = sign === "/" ? source[at + 1] : undefined;
    if (opens !== "*" && opens !== "/") continue;
    kept.push(source.slice(from, at), " ");
    const end = opens === "*" ? source.indexOf("*/", at + 2) : source.indexOf("\n", at);
    if (opens === "*" && end < 0) return { wrong: "a comment without an end" };
    from = end < 0 ? source.length : opens === "*" ? end + 2 : end;
    at = from - 1;
  }
  kept.push(source.slice(from));
  return kept.join("");
}

/** Where the text that begins at `from` ends; -1 when its line ends first. */
function endOfText(source: string, from: number): number {
  for (let at = from + 1; at < source.length && source[at] !== "\n"; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === source[from]) return at;
  }
  return -1;
}

export function split(text: string): Token[] {
  return [...text.matchAll(TOKEN)].map((match) => ({
    kind: KINDS[[1, 2, 3, 4].findIndex((group) => match[group] !== undefined)] as Token["kind"],
    text: match[0],
  }));
}
