/** The C of an evolved region as tokens, as far as the gate needs it: comments gone, directives apart. */

export interface Token {
  readonly kind: "name" | "number" | "text" | "sign";
  readonly text: string;
}

export interface Directive {
  /** `include`, `define`, `pragma`, … */
  readonly name: string;
  readonly rest: string;
}

export interface Tokens {
  readonly code: readonly Token[];
  readonly directives: readonly Directive[];
}

const SKIPPED = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g;
const TOKEN =
  /([A-Za-z_$][\w$]*)|(\.?\d[\w.]*(?:[eEpP][+-][\w.]*)*)|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|([^\s\w])/g;
const KINDS = ["name", "number", "text", "sign"] as const;

/** A text says what no token can be made of. */
export function tokensOf(source: string): Tokens | string {
  if (/\?\?[=/'()!<>-]|%:/.test(source)) return "trigraphs or digraphs";
  const joined = source.replaceAll("\r\n", "\n").replaceAll(/\\[ \t]*\n/g, "");
  const bare = joined.replaceAll(SKIPPED, (found) => (found.startsWith("/") ? " " : found));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  if (/[^\x09\x0a\x20-\x7e]/.test(bare)) return "non-ASCII characters outside comments";
  if (/\/\*/.test(bare.replaceAll(/"[^"\n]*"/g, ""))) return "a comment without an end";
  const directives: Directive[] = [];
  const lines = bare.split("\n").map((line) => {
    const directive = /^\s*#\s*(\w*)\s*(.*)$/.exec(line);
    if (directive === null) return line;
    directives.push({ name: directive[1] as string, rest: (directive[2] as string).trim() });
    return "";
  });
  return { code: split(lines.join("\n")), directives };
}

export function split(text: string): Token[] {
  return [...text.matchAll(TOKEN)].map((match) => ({
    kind: KINDS[[1, 2, 3, 4].findIndex((group) => match[group] !== undefined)] as Token["kind"],
    text: match[0],
  }));
}
