/**
 * JSON as Python writes it, and as far as it was written: `NaN` and `Infinity` are numbers there, and a cache stays
 * open while a tuner runs, so that a killed session leaves a file without its end.
 */
import { parseJson } from "../../config/json.ts";

export interface ParsedJson {
  readonly value: unknown;
  /** Whether the text ended too early; all that was complete is in `value`. */
  readonly isCut: boolean;
}

/** @throws SyntaxError or Error, as `parseJson` does, where the text is not JSON even up to where it ends. */
export function parsePythonJson(text: string): ParsedJson {
  const plain = withoutNonFinite(text);
  try {
    return { value: parseJson(plain), isCut: false };
  } catch (error) {
    const closed = closedAfterLastRow(plain);
    if (closed === null) throw error;
    return { value: parseJson(closed), isCut: true };
  }
}

/** JSON has no such numbers: they become strings, which no reader takes for a measurement. */
function withoutNonFinite(text: string): string {
  if (!/NaN|Infinity/.test(text)) return text;
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/gs, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
}

/** Nesting of the rows: the cache of a file, or its list of results, holds one object for each. */
const ROW_DEPTH = 3;

/**
 * The text up to the last complete row, with its brackets closed; null where it is complete or holds no row. A cut row
 * is left out: half a number is another number.
 */
function closedAfterLastRow(text: string): string | null {
  const open: string[] = [];
  let end = -1;
  let closing = "";
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/gs)) {
    if (token === "{" || token === "[") open.push(token === "{" ? "}" : "]");
    else if (token === "}" || token === "]") {
      if (open.pop() !== token) return null;
      if (open.length === 0) return null;
      if (open.length === ROW_DEPTH - 1 && token === "}") {
        end = index + 1;
        closing = open.toReversed().join("");
      }
    }
  }
  return end < 0 ? null : text.slice(0, end) + closing;
}
