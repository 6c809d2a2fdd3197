/** Identities by which the same work is recognised across sources. */

/** `2401.01234` (since 2007) or `cs.LG/0312044` (before), without version; null where the text holds none. */
export function arxivIdOf(text: string): string | null {
  const modern =
    /(?:^|arxiv[.:/]|arxiv\.org\/[a-z]+\/|\/)(\d{4}\.\d{4,5})(?:v\d+)?(?:\.pdf)?(?=$|[\s/?#),.;\]}"'])/i.exec(text);
  if (modern?.[1] !== undefined) return modern[1];
  const old = /(?:arxiv:|arxiv\.org\/[a-z]+\/)([a-z-]+(?:\.[A-Z]{2})?\/\d{7})(?:v\d+)?(?=$|[\s/?#),.;])/i.exec(text);
  return old?.[1] ?? null;
}

/** Lower case; null where the text holds none. */
export function doiOf(text: string): string | null {
  const found = /(?:^|doi:\s*|doi\.org\/|\/)(10\.\d{4,9}\/[^\s"'<>?#]+)/i.exec(text)?.[1];
  return found === undefined ? null : found.replace(/[.,;)\]]+$/, "").toLowerCase();
}

const TRACKING = /^(utm_.*|ref|ref_src|fbclid|gclid|mc_cid|mc_eid|igshid|si|s|t)$/i;

/** One spelling for one page: https, no www, no tracking, no fragment, no final slash. Null for an invalid URL. */
export function canonicalUrl(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (!/^https?:$/.test(url.protocol)) return null;
  const host = url.host
    .toLowerCase()
    .replace(/^(www|m|mobile)\./, "")
    .replace(/^twitter\.com$/, "x.com");
  const pairs = [...url.searchParams].filter(([name]) => !TRACKING.test(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  const search = new URLSearchParams(pairs).toString();
  return `https://${host}${url.pathname.replace(/\/+$/, "")}${search === "" ? "" : `?${search}`}`;
}

export interface Identity {
  readonly arxiv: string | null;
  readonly doi: string | null;
  /** Strongest first; never empty where `url` is a URL. */
  readonly identities: readonly string[];
}

/** Hosts whose addresses are trusted to carry the DOI of what they show. Anybody can put one into a path of theirs. */
const DOI_HOSTS = ["doi.org", "dl.acm.org", "link.springer.com", "onlinelibrary.wiley.com", "pubs.acs.org"];

const isOn = (url: string, host: string): boolean => {
  const own = URL.canParse(url) ? new URL(url).hostname.toLowerCase() : "";
  return own === host || own.endsWith(`.${host}`);
};

/** From a work's address and what else is known of it. A DOI of arXiv's own (10.48550/arXiv.…) is its arXiv id. */
export function identityOf(url: string, known: { arxiv?: string | null; doi?: string | null } = {}): Identity {
  const doi = known.doi ?? (DOI_HOSTS.some((host) => isOn(url, host)) ? doiOf(url) : null);
  const own = doi?.startsWith("10.48550/arxiv.") ? doi.slice("10.48550/arxiv.".length).replace(/v\d+$/, "") : null;
  const onArxiv = isOn(url, "arxiv.org");
  const arxiv = known.arxiv ?? own ?? (onArxiv ? arxivIdOf(url) : null);
  const canonical = canonicalUrl(url);
  // Every address of a paper on arXiv (abs, pdf, html, any version) is the paper, and so is its DOI's.
  const address = canonical === null || (arxiv !== null && (onArxiv || own !== null)) ? null : canonical;
  const foreign = own === null ? doi : null;
  const identities = [
    ...(arxiv === null ? [] : [`arxiv:${arxiv}`]),
    ...(foreign === null ? [] : [`doi:${foreign}`]),
    ...(address === null ? [] : [`url:${address}`]),
  ];
  return { arxiv, doi: foreign, identities };
}
