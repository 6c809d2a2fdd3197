/** Finds JSON in text that a model wrote, and reads it even when it is not quite JSON. Pure. */
import { jsonrepair } from "jsonrepair";

/** A pair of brackets that belong together, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** Those within, in order. */
  readonly inner: readonly Span[];
}

/** Deeper brackets are no answer. */
const MAX_DEPTH = 200;

const CLOSES: Readonly<Record<string, string>> = { "}": "{", "]": "[" };

/**
 * The outermost pairs of brackets, in order. A bracket without a partner is prose and holds nothing.
 * @param stringsEnd at the end of a line: a quotation mark in prose then hides no more than its line.
 */
export function spansIn(text: string, stringsEnd: boolean): Span[] {
  const outermost: Span[] = [];
  const open: { readonly start: number; readonly bracket: string; readonly inner: Span[] }[] = [];
  const within = () => open.at(-1)?.inner ?? outermost;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (quoted) {
      if (character === "\\") at++;
      else if (character === '"' || (stringsEnd && character === "\n")) quoted = false;
    } else if (character === '"') quoted = open.length > 0;
    else if (character === "{" || character === "[") {
      if (open.length < MAX_DEPTH) open.push({ start: at, bracket: character, inner: [] });
    } else if (character === "}" || character === "]") {
      const partner = open.findLastIndex(({ bracket }) => bracket === CLOSES[character]);
      if (partner < 0) continue;
      // Brackets that were opened in between and never closed.
      while (open.length > partner + 1) surface(open.pop()?.inner, within());
      const { start, inner } = open.pop() as (typeof open)[0];
      within().push({ start, end: at + 1, inner });
    }
  }
  while (open.length > 0) surface(open.pop()?.inner, within());
  return outermost;
}

function surface(inner: readonly Span[] | undefined, into: Span[]): void {
  for (const span of inner ?? []) into.push(span);
}

/** Undefined for text that is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Parses JSON with the usual mistakes of models: an extra comma, comments, single quotes, Python's constants. Nothing
 * is invented: the repaired text has the same letters and digits in the same order, otherwise it is refused.
 */
export function parseMended(text: string): unknown {
  try {
    const mended = jsonrepair(text);
    const said = lettersOf(mended);
    const written = [text, withoutComments(text)].flatMap((one) => [one, one.replace(/\bNone\b/g, "null")]);
    return written.some((one) => lettersOf(one) === said) ? JSON.parse(mended) : undefined;
  } catch {
    return undefined;
  }
}

/** `True` and `true` are the same word. */
const lettersOf = (text: string): string => text.replace(/[^\p{L}\p{N}]/gu, "").toLowerCase();

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, "");
