/** Search as the fakes understand it: the share of the query's words that a text holds; ties in the given order. */

export interface Ranked<T> {
  readonly item: T;
  /** 0 to 1. */
  readonly score: number;
}

/** Those that hold at least one word, best first. */
export function rank<T>(query: string, items: readonly T[], textOf: (item: T) => string): Ranked<T>[] {
  const wanted = [...new Set(tokensOf(query))].filter((word) => word.length > 2);
  return items
    .map((item) => {
      const there = new Set(tokensOf(textOf(item)));
      return { item, score: wanted.filter((word) => there.has(word)).length / Math.max(1, wanted.length) };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
}

/** Lower case, without the plural's s. */
export const tokensOf = (text: string): string[] =>
  (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => (word.length > 3 ? word.replace(/s$/, "") : word));
