/** The same work found by several sources becomes one record: equal arXiv id (any version), DOI or canonical URL. */
import type { LiteratureRecord, PaperRecord } from "./literature.ts";

/** In order of first appearance. Sharing one identity suffices, also through a third record. */
export function mergeRecords(records: readonly LiteratureRecord[]): LiteratureRecord[] {
  const merged: (LiteratureRecord | null)[] = [];
  const placeOf = new Map<string, number>();
  for (const record of records) {
    const places = [...new Set(record.identities.flatMap((id) => placeOf.get(id) ?? []))].sort((a, b) => a - b);
    const place = places[0] ?? merged.length;
    const whole = [...places.flatMap((index) => merged[index] ?? []), record].reduce(fold);
    for (const index of places) merged[index] = null;
    merged[place] = whole;
    for (const id of whole.identities) placeOf.set(id, place);
  }
  return merged.filter((record) => record !== null);
}

/** Two records of one work: a paper wins over a page, the longer text wins, nothing known is lost. */
function fold(a: LiteratureRecord, b: LiteratureRecord): LiteratureRecord {
  const main = rank(b) > rank(a) || (rank(a) === rank(b) && b.text.length > a.text.length) ? b : a;
  const other = main === a ? b : a;
  const identities = strongestFirst([...main.identities, ...other.identities]);
  const common = {
    id: identities[0] as string,
    identities,
    sources: [...new Set([...a.sources, ...b.sources])].sort(),
    title: main.title ?? other.title,
    authors: main.authors.length >= other.authors.length ? main.authors : other.authors,
    published_at: earliest(main.published_at, other.published_at),
    score: main.score ?? other.score,
    suspicions: [...a.suspicions, ...b.suspicions],
  };
  if (main.kind !== "paper") return { ...main, ...common };
  const paper: Partial<PaperRecord> = other.kind === "paper" ? other : {};
  return { ...main, ...common, arxiv: main.arxiv ?? paper.arxiv ?? null, doi: main.doi ?? paper.doi ?? null };
}

const rank = ({ kind }: LiteratureRecord): number => ({ paper: 2, thread: 1, page: 0 })[kind];

const STRENGTH = ["arxiv:", "doi:", "x:", "url:"];
function strongestFirst(identities: readonly string[]): string[] {
  const strength = (id: string) => {
    const at = STRENGTH.findIndex((prefix) => id.startsWith(prefix));
    return at < 0 ? STRENGTH.length : at;
  };
  return [...new Set(identities)].sort((a, b) => strength(a) - strength(b));
}

const earliest = (a: string | null, b: string | null): string | null => (a === null || (b !== null && b < a) ? b : a);
