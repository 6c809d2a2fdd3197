/** The words of a question that carry meaning, for services that want words and not sentences. Pure. */

const COMMON = new Set(
  "a an and are as at be by can do for from has have how in is it its of on or that the their this to was what when which with not".split(
    " ",
  ),
);

/** In order, each once, without the signs that are operators somewhere. At most 12. */
export function searchTerms(text: string): string[] {
  const words = (text.match(/[\p{L}\p{N}][\p{L}\p{N}+#.-]*/gu) ?? [])
    .map((word) => word.replace(/[.-]+$/, ""))
    .filter((word) => word.length > 1 && !COMMON.has(word.toLowerCase()));
  return [...new Map(words.map((word) => [word.toLowerCase(), word])).values()].slice(0, 12);
}
