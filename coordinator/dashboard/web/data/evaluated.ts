/** One count of evaluations for the whole page: the feed is a moment ahead of the answers. */

import { at } from "../state/location.ts";
import { newest } from "./live.ts";

/** @param answered as an answer said. @returns as the newest event told; in a replay what the answer said. */
export function evaluatedNow(answered: number): number {
  return at.value === null ? Math.max(answered, newest.value?.position.evaluated ?? 0) : answered;
}
