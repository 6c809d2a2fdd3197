/** At most this many characters (UTF-16 units); a cut text ends in `…`, and never in half a surrogate pair. */
export function cut(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const kept = text.slice(0, Math.max(0, characters - 1));
  return `${kept.isWellFormed() ? kept : kept.slice(0, -1)}…`;
}
