/** A paper or a page from what a service says about it: cleaned, cut, identified, and looked through for attacks. */
import { clean, cutTo } from "./defence/clean.ts";
import { findInjections } from "./defence/detect.ts";
import { identityOf } from "./identity.ts";
import type { LiteratureRecord } from "./literature.ts";

export interface RawRecord {
  /** Name of the source. */
  readonly source: string;
  readonly url: string;
  /** The whole text as fetched: it need not be cleaned before. */
  readonly title: string | null;
  readonly text: string;
  readonly authors: readonly string[];
  /** ISO 8601. */
  readonly publishedAt: string | null;
  readonly score?: number | null;
  /** Where the service names them itself. */
  readonly known?: { readonly arxiv?: string; readonly doi?: string };
  /** Characters of the text that are passed on. */
  readonly limit: number;
}

const MAX_TITLE_LENGTH = 300;

/** Null for an invalid address: a record that cannot be cited is useless. */
export function recordOf(raw: RawRecord): LiteratureRecord | null {
  const { arxiv, doi, identities } = identityOf(raw.url, raw.known);
  const id = identities[0];
  if (id === undefined) return null;
  const { text, cut } = cutTo(clean(raw.text), raw.limit);
  const title = oneLine(raw.title ?? "");
  const common = {
    id,
    identities: [...identities],
    sources: [raw.source],
    title: title === "" ? null : cutTo(title, MAX_TITLE_LENGTH).text,
    // Without version and not the PDF: a citation means the work.
    url: arxiv === null ? raw.url : `https://arxiv.org/abs/${arxiv}`,
    authors: raw.authors.map(oneLine).filter((name) => name !== ""),
    published_at: raw.publishedAt,
    text,
    cut,
    score: raw.score ?? null,
    suspicions: [raw.title ?? "", raw.text]
      .flatMap(findInjections)
      .map((finding) => ({ record: id, post: null, source: raw.source, ...finding })),
  };
  return arxiv === null && doi === null ? { kind: "page", ...common } : { kind: "paper", ...common, arxiv, doi };
}

/** Cleaned, without breaks. */
const oneLine = (text: string): string => clean(text).replace(/\s+/g, " ");
