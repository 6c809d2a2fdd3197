/** arXiv's answers: Atom, errors disguised as entries, and plain text that is neither. Pure. */
import { XMLParser } from "fast-xml-parser";
import { z } from "zod";
import { decodeReferences } from "../character-references.ts";

const parser = new XMLParser({
  ignoreAttributes: false,
  parseTagValue: false,
  isArray: (name) => ["entry", "author", "category", "link"].includes(name),
  // The library's own leaves numbers alone, and drops those that name no character. What a feed declares for itself
  // is not expanded: arXiv declares nothing, and who does means to make a small answer large.
  entityDecoder: {
    setExternalEntities: () => {},
    addInputEntities: () => {},
    reset: () => {},
    setXmlVersion: () => {},
    decode: (value: string) => decodeReferences(value),
  },
});

/** An element with attributes is an object, one without is its text. */
const text = z.union([
  z.string(),
  z.looseObject({ "#text": z.string().optional() }).transform((node) => node["#text"] ?? ""),
]);

const entry = z.object({
  id: text,
  title: text.optional(),
  summary: text.optional(),
  published: text.optional(),
  author: z.array(z.object({ name: text.optional() })).optional(),
  link: z.array(z.looseObject({ "@_href": z.string().optional(), "@_title": z.string().optional() })).optional(),
  "arxiv:doi": text.optional(),
});
export type Entry = z.infer<typeof entry>;

const document = z.object({
  feed: z.object({ "opensearch:totalResults": text.optional(), entry: z.array(entry).optional() }),
});

export type Feed =
  | { readonly kind: "feed"; readonly total: number; readonly entries: readonly Entry[] }
  /** An entry titled `Error`, under any status. */
  | { readonly kind: "error"; readonly message: string }
  /** Not a feed: plain text parses to nothing, and HTML to something else. */
  | { readonly kind: "unreadable"; readonly message: string };

export function readFeed(body: string): Feed {
  let parsed: unknown;
  try {
    parsed = parser.parse(body);
  } catch (error) {
    return { kind: "unreadable", message: `not XML (${error instanceof Error ? error.message : error})` };
  }
  const checked = document.safeParse(parsed);
  if (!checked.success) {
    const start = body.replace(/\s+/g, " ").trim().slice(0, 80);
    return { kind: "unreadable", message: start === "" ? "nothing" : `not an Atom feed ("${start}")` };
  }
  const { feed } = checked.data;
  const entries = feed.entry ?? [];
  const error = entries.find(({ id, title }) => title === "Error" || id.includes("/api/errors"));
  if (error !== undefined) return { kind: "error", message: error.summary ?? "without a reason" };
  const total = Number.parseInt(feed["opensearch:totalResults"] ?? "", 10);
  return { kind: "feed", total: Number.isFinite(total) ? total : entries.length, entries };
}
