/**
 * The evolvable region of a kernel's source: the lines between a comment `EVOLVE-BEGIN` and a comment `EVOLVE-END`,
 * each alone on its line. An evolved source is the whole file with another region; everything else stays as its
 * author wrote it, which the evaluator checks.
 */

import { MAX_EVOLVED_SOURCE_LENGTH } from "@kevo/proto/messages/batch.ts";

const marker = (word: string) => new RegExp(`^[ \\t]*(?://|#|/\\*)[ \\t]*${word}\\b.*$`, "gm");
const MARKER_ANYWHERE = /EVOLVE-(BEGIN|END)/;

export interface SplitCode {
  /** Up to and with the line of the first marker. */
  readonly before: string;
  /** Whole lines, the last one with its end. */
  readonly region: string;
  /** From the line of the last marker on. */
  readonly after: string;
}

/** Null when the text has no such region, or more than one. */
export function splitCode(text: string): SplitCode | null {
  const [begin, ...moreBegins] = text.matchAll(marker("EVOLVE-BEGIN"));
  const [end, ...moreEnds] = text.matchAll(marker("EVOLVE-END"));
  if (begin === undefined || end === undefined || moreBegins.length + moreEnds.length > 0) return null;
  const from = begin.index + begin[0].length + 1;
  return from > end.index
    ? null
    : { before: text.slice(0, from), region: text.slice(from, end.index), after: text.slice(end.index) };
}

/** The defect of a region, found before anything is compiled; null for a good one. */
export function wrongWithRegion(region: string): string | null {
  if (region.trim() === "") return "the region is empty";
  if (MARKER_ANYWHERE.test(region)) return "the region contains a marker (EVOLVE-BEGIN or EVOLVE-END)";
  if (region.includes("\0")) return "the region contains a NUL character";
  return null;
}

/** `original` with another region. @throws RangeError when `original` has none. */
export function withRegion(original: string, region: string): string {
  const split = splitCode(original);
  if (split === null) throw new RangeError("the code has no evolvable region");
  return split.before + (region.endsWith("\n") ? region : `${region}\n`) + split.after;
}

/** The region of evolved code; a message for the proposer when the rest differs from `original`. */
export function evolvedRegion(original: string, evolved: string): { region: string } | { wrong: string } {
  const split = splitCode(original);
  if (split === null) return { wrong: "this kernel's code has no region that may evolve" };
  if (evolved.length > MAX_EVOLVED_SOURCE_LENGTH)
    return { wrong: `the code is longer than ${MAX_EVOLVED_SOURCE_LENGTH} characters` };
  const { before, after } = split;
  const fits = evolved.startsWith(before) && evolved.endsWith(after) && evolved.length >= before.length + after.length;
  if (!fits) return { wrong: "the code differs from the kernel's outside the evolvable region" };
  const region = evolved.slice(before.length, evolved.length - after.length);
  const wrong = wrongWithRegion(region);
  return wrong === null ? { region } : { wrong };
}
