/** Text from outside, cut. */
import { type ForeignText, MAX_TEXT } from "../../contract/common.ts";

export function foreign(text: string): ForeignText {
  return {
    text: text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text,
    length: text.length,
    cut: text.length > MAX_TEXT,
  };
}

export function foreignOrNull(text: string | null | undefined): ForeignText | null {
  return text === null || text === undefined || text === "" ? null : foreign(text);
}
