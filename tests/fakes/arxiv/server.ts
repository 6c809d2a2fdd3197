/** A fake of arXiv's `GET /api/query`: Atom over the synthetic papers, its errors, and its pace where asked for. */
import { PAPERS, type SyntheticPaper } from "../corpus/papers.ts";
import { type FakeAnswer, type FakeRequest, type FakeServer, startFake } from "../http/fake-server.ts";
import type { Fault } from "../http/fault.ts";
import { parseQuery } from "./query.ts";

export interface FakeArxivOptions {
  readonly scenario?: string;
  readonly port?: number;
  /** Calls that come sooner after the last one are refused with 429, milliseconds; 0 takes all. */
  readonly intervalMs?: number;
  /** Entries of one answer, however many were asked for: arXiv gives short pages at times. */
  readonly largestPage?: number;
}

export function startFakeArxiv({
  scenario,
  port,
  intervalMs = 0,
  largestPage = 2000,
}: FakeArxivOptions = {}): Promise<FakeServer> {
  let last = 0;

  const answer = ({ url }: FakeRequest): FakeAnswer => {
    if (url.pathname !== "/api/query") return { status: 404, headers: PLAIN, body: "Not found" };
    const now = Date.now();
    const tooSoon = now - last < intervalMs;
    last = now;
    if (tooSoon) return { status: 429, headers: PLAIN, body: "Rate exceeded." };
    const number = (name: string, otherwise: number) => Number(url.searchParams.get(name) ?? otherwise);
    const start = number("start", 0);
    const size = Math.min(largestPage, number("max_results", 10));
    if (!Number.isInteger(size) || size < 0) return error(400, "max_results must be an integer");
    if (!Number.isInteger(start) || start < 0) return error(400, "start must be an integer");
    const asked = url.searchParams.get("search_query") ?? "";
    try {
      const found = parseQuery(asked)(PAPERS);
      return { status: 200, headers: ATOM, body: feed(asked, found.length, start, found.slice(start, start + size)) };
    } catch (problem) {
      return error(400, `incorrect query: ${(problem as Error).message}`);
    }
  };

  const refuse = ({ name, value }: Fault, request: FakeRequest): FakeAnswer | null => {
    switch (name) {
      case "429":
      case "429-code":
        return { status: 429, headers: { ...PLAIN, "retry-after": `${value ?? 1}` }, body: "Rate exceeded." };
      case "429-bare":
        return { status: 429, headers: PLAIN, body: "Rate exceeded." };
      case "403":
        return { status: 403, headers: PLAIN, body: "Forbidden" };
      case "500":
        return { status: 500, headers: PLAIN, body: "Internal Server Error" };
      case "503":
        return { status: 503, headers: { ...PLAIN, "retry-after": `${value ?? 1}` }, body: "Service Unavailable" };
      case "503-html":
        return { status: 503, headers: HTML, body: "<html><head><title>503</title></head><body><p>Busy</body></html>" };
      case "malformed":
        return { status: 200, headers: ATOM, body: "<rss><channel><title>not Atom</title></channel></rss>" };
      case "plain":
        return { status: 200, headers: PLAIN, body: "The server is tired." };
      case "error-200":
        return { ...error(400, "incorrect id format"), status: 200 };
      case "empty": {
        const good = answer(request).body;
        return { status: 200, headers: ATOM, body: good.replace(/<entry>[\s\S]*<\/entry>/, "") };
      }
      default:
        return null;
    }
  };

  return startFake({ answer, refuse }, scenario, port);
}

const ATOM = { "content-type": "application/atom+xml; charset=UTF-8" };
const PLAIN = { "content-type": "text/plain" };
const HTML = { "content-type": "text/html" };

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

function feed(asked: string, total: number, start: number, page: readonly SyntheticPaper[]): string {
  const namespaces = 'xmlns="http://www.w3.org/2005/Atom"';
  const search = 'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"';
  return `<?xml version="1.0" encoding="UTF-8"?>
<feed ${namespaces}>
  <link href="http://arxiv.org/api/query?search_query=${escaped(encodeURIComponent(asked))}" rel="self" type="application/atom+xml"/>
  <title type="html">ArXiv Query: search_query=${escaped(asked)}</title>
  <id>http://arxiv.org/api/synthetic</id>
  <updated>2026-11-20T00:00:00-05:00</updated>
  <opensearch:totalResults ${search}>${total}</opensearch:totalResults>
  <opensearch:startIndex ${search}>${start}</opensearch:startIndex>
  <opensearch:itemsPerPage ${search}>${page.length}</opensearch:itemsPerPage>
${page.map(entry).join("\n")}
</feed>`;
}

/** Titles and abstracts are broken into lines, as arXiv does. */
function entry({ arxiv, version, doi, title, abstract, authors, published }: SyntheticPaper): string {
  const doiParts =
    doi === null
      ? ""
      : `
    <arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">${doi}</arxiv:doi>
    <link title="doi" href="http://dx.doi.org/${doi}" rel="related"/>`;
  return `  <entry>
    <id>http://arxiv.org/abs/${arxiv}v${version}</id>
    <updated>${published}</updated>
    <published>${published}</published>
    <title>${escaped(title).replace(/(.{30,}?) /, "$1\n  ")}</title>
    <summary>  ${escaped(abstract).replace(/(.{60,}?) /g, "$1\n")}
</summary>
${authors.map((name) => `    <author>\n      <name>${name}</name>\n    </author>`).join("\n")}${doiParts}
    <link href="http://arxiv.org/abs/${arxiv}v${version}" rel="alternate" type="text/html"/>
    <link title="pdf" href="http://arxiv.org/pdf/${arxiv}v${version}" rel="related" type="application/pdf"/>
    <arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="cs.LG" scheme="http://arxiv.org/schemas/atom"/>
    <category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/>
  </entry>`;
}

const error = (status: number, message: string): FakeAnswer => ({
  status,
  headers: ATOM,
  body: `<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">1</opensearch:totalResults>
  <entry>
    <id>http://arxiv.org/api/errors#${message.replaceAll(" ", "_")}</id>
    <title>Error</title>
    <summary>${escaped(message)}</summary>
    <author>
      <name>arXiv api core</name>
    </author>
  </entry>
</feed>`,
});
