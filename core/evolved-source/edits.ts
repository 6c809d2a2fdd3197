/** Changes of an evolvable region, as a language model names them: search and replace, or a rewrite of the whole. */
import { createHash } from "node:crypto";
import { wrongWithRegion } from "./region.ts";

interface Edit {
  /** Exact text of the region; it must occur exactly once. */
  readonly search: string;
  readonly replace: string;
}

/** Either edits, applied in order, or a new text of the whole region. */
export type CodeChange = { readonly edits: readonly Edit[] } | { readonly rewrite: string };

export type Changed = { readonly region: string } | { readonly problems: readonly string[] };

/** All or nothing. `problems` say of each edit that does not apply why, as a message for its author. */
export function changeRegion(region: string, change: CodeChange): Changed {
  if ("rewrite" in change) return checked(region, withoutFence(change.rewrite));
  const problems: string[] = [];
  let text = region;
  for (const [at, { search, replace }] of change.edits.entries()) {
    const places = occurrences(text, search);
    if (places === 1) text = text.replace(search, () => replace);
    else problems.push(`edit ${at + 1}: ${whyNot(text, search, places)}`);
  }
  if (change.edits.length === 0) problems.push("the answer contains no edits");
  return problems.length > 0 ? { problems } : checked(region, text);
}

/** SHA-256, lower-case hexadecimal, of a whole source: its name in the object store and in the lineage. */
export function codeHash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function checked(before: string, after: string): Changed {
  const region = after.endsWith("\n") ? after : `${after}\n`;
  const wrong = region === before ? "the region is the same as before" : wrongWithRegion(region);
  return wrong === null ? { region } : { problems: [wrong] };
}

/** A rewrite often comes as a block of Markdown. */
function withoutFence(text: string): string {
  return /^\s*```[a-z+]*\n([\s\S]*?)\n?```\s*$/i.exec(text)?.[1] ?? text;
}

function occurrences(text: string, search: string): number {
  return search === "" ? 0 : text.split(search).length - 1;
}

function whyNot(text: string, search: string, places: number): string {
  if (search === "") return "the search text is empty";
  if (places > 1)
    return `the search text occurs ${places} times in the region; add surrounding lines until it is unique`;
  const [first = ""] = search.trim().split("\n");
  const near = text.split("\n").find((line) => first.trim() !== "" && line.includes(first.trim()));
  const hint =
    near === undefined ? "no line there resembles its first line" : `the most similar line there is: ${near}`;
  return `the search text does not occur exactly in the region; ${hint}`;
}
