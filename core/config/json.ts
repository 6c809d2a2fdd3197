/** JSON out of a file that a person gave. */

const MARK = "\uFEFF";

/**
 * Editors of some systems begin UTF-8 with a byte order mark, which JSON does not know.
 * @param text of the file, read as UTF-8
 * @throws SyntaxError as JSON.parse does; Error where the file is in another encoding. The caller names the file.
 */
export function parseJson(text: string): unknown {
  // UTF-16 has a zero in every ASCII character, and its own mark is no UTF-8.
  if (/^\uFFFD{2}|\0/.test(text.slice(0, 64))) throw new Error("it is not UTF-8; save it as UTF-8");
  return JSON.parse(text.startsWith(MARK) ? text.slice(MARK.length) : text);
}
