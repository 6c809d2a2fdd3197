/** Fits texts into a prompt by rank, and lists the omitted ones by name. */

export interface Fitted {
  readonly text: string;
  readonly included: readonly string[];
  readonly leftOut: readonly string[];
}

/** Characters of each part of a prompt. About four make a token, so a prompt stays well below any model's window. */
export const MAX_CHARACTERS = {
  record: 12_000,
  claims: 60_000,
  gaps: 16_000,
  outcomes: 12_000,
  source: 40_000,
  complaint: 4_000,
  demos: 160_000,
} as const;

/**
 * @param items in order of rank; once one does not fit, smaller ones behind it may.
 * @param total characters, joined by line ends.
 */
export function fit(items: readonly { readonly id: string; readonly text: string }[], total: number): Fitted {
  const parts: string[] = [];
  const included: string[] = [];
  const leftOut: string[] = [];
  let length = 0;
  for (const { id, text } of items) {
    if (length + text.length + 1 > total) {
      leftOut.push(id);
      continue;
    }
    parts.push(text);
    included.push(id);
    length += text.length + 1;
  }
  return { text: parts.join("\n"), included, leftOut };
}
