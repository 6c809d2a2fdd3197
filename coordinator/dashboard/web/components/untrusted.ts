/** Text that candidates, compilers and models wrote, in pieces: characters that would hide or reorder others are named. */

export interface Piece {
  readonly text: string;
  /** The piece stands for a character that a reader would not see. */
  readonly named: boolean;
}

/** Controls but tab and line end, formats such as direction marks, unassigned characters, and letters that take no room. */
const HIDDEN = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Cn}\u115f\u1160\u3164\uffa0]/gu;

export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > from) found.push({ text: text.slice(from, match.index), named: false });
    found.push({ text: nameOf(match[0]), named: true });
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push({ text: text.slice(from), named: false });
  return found;
}

const nameOf = (character: string): string =>
  character === "\u001b" ? "ESC" : `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

/** The same as one text, for places without markup: titles, labels. */
export const visibleText = (text: string): string =>
  pieces(text)
    .map(({ text, named }) => (named ? `[${text}]` : text))
    .join("");
