/**
 * Fetched text as a person sees it: without characters that hide or reorder words. Models read what people do not
 * see, so text with invisible instructions is an attack and not a curiosity.
 */

/** Zero-width and bidirectional controls, tags, variation selectors, fillers, byte order marks, lone surrogates. */
const HIDDEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Cs}]/gu;

/** Soft hyphen, joiner and selector of emoji, byte order mark. */
const INNOCENT: ReadonlySet<string> = new Set(["\u00ad", "\u200d", "\ufe0e", "\ufe0f", "\ufeff"]);

/** All control characters but the line's end and the tab. */
const CONTROL = /(?![\n\t])\p{Cc}/gu;

/** NFC, ends of lines as \n, hidden and control characters removed, at most one empty line in a row, trimmed. */
export function clean(text: string): string {
  return text
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, "\n")
    .replace(HIDDEN, "")
    .replace(CONTROL, "")
    .normalize("NFC")
    .replace(/[^\S\n]+$/gm, "")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

/** Whether cleaning removes more than ordinary text contains. */
export function hidesText(text: string): boolean {
  return [...text.matchAll(HIDDEN)].some(([character]) => !INNOCENT.has(character));
}

export interface Cut {
  readonly text: string;
  readonly cut: boolean;
}

/** At most `limit` characters (UTF-16 units), ending at a word where one is near, with … where cut. */
export function cutTo(text: string, limit: number): Cut {
  if (text.length <= limit) return { text, cut: false };
  let end = Math.max(0, limit - 1);
  const blank = text.lastIndexOf(" ", end);
  if (blank > end - 40 && blank > 0) end = blank;
  // Never half a surrogate pair.
  if (/[\ud800-\udbff]/.test(text[end - 1] ?? "")) end--;
  return { text: `${text.slice(0, end).trimEnd()}…`, cut: true };
}
