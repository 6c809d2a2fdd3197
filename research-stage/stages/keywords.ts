/** Words of a text, for ranking and for search queries. */
import { decodeReferences } from "../sources/character-references.ts";
import { clean } from "../sources/defence/clean.ts";

const COMMON = new Set(
  "a an and are as at be but by can do for from had has have how if in into is it its more most much no not of on or our so such than that the their them then there these they this to use used uses using via was we what when where which while who will with without".split(
    " ",
  ),
);

/** Lower case, without common words; each once, in order. */
export function keywordsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[a-z0-9][a-z0-9+.-]*[a-z0-9+]|[a-z0-9]/g) ?? [];
  return [...new Set(words.filter((word) => !COMMON.has(word)))];
}

/** Share of `wanted` that `text` contains, 0 to 1. */
export function overlap(wanted: readonly string[], text: string): number {
  if (wanted.length === 0) return 0;
  const there = new Set(keywordsOf(text));
  return wanted.filter((word) => there.has(word)).length / wanted.length;
}

/**
 * Without what typesetting and escaping change: references to characters, hidden characters, case, blanks, quotes and
 * dashes. Two texts that agree so say the same words.
 */
function plain(text: string): string {
  return (
    clean(decodeReferences(text))
      // Before lower case, and after it: compatible forms have capitals, and capitals have compatible forms.
      .normalize("NFKC")
      .toLowerCase()
      .normalize("NFKC")
      .replace(/[\u2018-\u201f\u00ab\u00bb\u2039\u203a\u2032\u2033"'`]/g, "")
      .replace(/[\u2010-\u2015\u2212-]+/g, "-")
      .replace(/\s+/g, " ")
      .trim()
  );
}

/** Whether `text` contains `quote`, word for word. Quotes of a few letters prove nothing. */
export function quotes(text: string, quote: string): boolean {
  const wanted = plain(quote);
  return wanted.length >= 12 && plain(text).includes(wanted);
}
