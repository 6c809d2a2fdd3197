/** A fake of Exa's `POST /search` over the synthetic papers and pages. */

import { z } from "zod";
import { PAGES, PAPERS } from "../corpus/papers.ts";
import { type FakeAnswer, type FakeRequest, type FakeServer, startFake } from "../http/fake-server.ts";
import type { Fault } from "../http/fault.ts";
import { type Ranked, rank } from "../http/rank.ts";

export interface FakeExaOptions {
  readonly scenario?: string;
  readonly port?: number;
}

const search = z.object({
  query: z.string().min(1),
  category: z.enum(["company", "publication", "news", "personal site", "financial report", "people"]).optional(),
  type: z.enum(["auto", "fast", "keyword", "neural", "deep"]).optional(),
  numResults: z.number().int().min(1).max(100).default(10),
  excludeDomains: z.array(z.string()).default([]),
  startPublishedDate: z.string().optional(),
  endPublishedDate: z.string().optional(),
  contents: z.object({ text: z.object({ maxCharacters: z.number().int().positive() }) }).optional(),
});

/** Dollars. */
const PER_SEARCH = 0.005;
const PER_TEXT = 0.001;

interface Document {
  readonly url: string;
  readonly title: string | null;
  readonly author: string | null;
  readonly published: string | null;
  readonly text: string;
  readonly publication: boolean;
  readonly score: number | null;
}

/** Exa meets papers under all their addresses: abstract page, PDF of some version, publisher. */
const DOCUMENTS: readonly Document[] = [
  ...PAPERS.map(
    (paper, n): Document => ({
      url: [`https://arxiv.org/abs/${paper.arxiv}v1`, `http://www.arxiv.org/pdf/${paper.arxiv}.pdf`][n % 2] as string,
      title: paper.title,
      author: paper.authors.join(", "),
      published: paper.published,
      text: paper.abstract,
      publication: true,
      score: 0.5,
    }),
  ),
  ...PAGES.map(({ category, ...page }): Document => ({ ...page, publication: category === "publication" })),
];

export function startFakeExa(options: FakeExaOptions = {}): Promise<FakeServer> {
  let count = 0;
  const json = (status: number, body: object, headers: Record<string, string> = {}): FakeAnswer => ({
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: JSON.stringify({ requestId: `synthetic-${++count}`, ...body }),
  });
  const error = (status: number, tag: string, message: string, headers = {}) =>
    json(status, { error: message, tag }, headers);

  const answer = ({ method, url, headers, body }: FakeRequest): FakeAnswer => {
    if (!headers["x-api-key"]) return error(401, "INVALID_API_KEY", "Invalid API key");
    if (method !== "POST" || url.pathname !== "/search") return error(404, "NOT_FOUND", "Not found");
    const parsed = search.safeParse(safely(body));
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      return error(400, "INVALID_REQUEST_BODY", `Validation error: ${issue?.path.join(".")}: ${issue?.message}`);
    }
    const {
      query,
      category,
      numResults,
      contents,
      excludeDomains,
      startPublishedDate: from,
      endPublishedDate: to,
    } = parsed.data;
    const wanted = DOCUMENTS.filter(({ publication }) => category === undefined || publication).filter(
      ({ published, url }) =>
        !excludeDomains.some((domain) => new URL(url).hostname.endsWith(domain)) &&
        (from === undefined || (published ?? "") >= from) &&
        (to === undefined || (published ?? "") <= `${to}T24`),
    );
    const found = rank(query, wanted, ({ title, text }) => `${title ?? ""} ${text}`).slice(0, numResults);
    return json(200, {
      resolvedSearchType: "neural",
      results: found.map((one) => wire(one, contents?.text.maxCharacters)),
      searchType: "auto",
      costDollars: { total: round(PER_SEARCH + (contents === undefined ? 0 : found.length * PER_TEXT)) },
    });
  };

  const refuse = ({ name, value }: Fault): FakeAnswer | null => {
    switch (name) {
      case "401":
        return error(401, "INVALID_API_KEY", "Invalid API key");
      case "402":
        return error(402, "NO_MORE_CREDITS", "You have exceeded your credits limit.");
      case "402-key":
        return error(402, "API_KEY_BUDGET_EXCEEDED", "The budget of this API key is spent.");
      case "403":
        return error(403, "FORBIDDEN", "This key may not search.");
      case "429":
      case "429-code":
        return error(429, "TOO_MANY_REQUESTS", "Rate limit exceeded", { "retry-after": `${value ?? 1}` });
      case "429-bare":
        return error(429, "TOO_MANY_REQUESTS", "Rate limit exceeded");
      case "500":
        return error(500, "INTERNAL_ERROR", "Something is broken");
      case "503":
        return error(503, "UNAVAILABLE", "Try again later");
      case "503-html":
        return { status: 503, headers: { "content-type": "text/html" }, body: "<html>Bad gateway</html>" };
      case "malformed":
        return json(200, { hits: [] });
      default:
        return null;
    }
  };

  return startFake({ answer, refuse }, options.scenario, options.port);
}

/** Fields that Exa does not know are absent or null. */
function wire({ item, score }: Ranked<Document>, characters: number | undefined) {
  const { url, title, author, published, text } = item;
  return {
    id: url,
    url,
    title,
    ...(published === null ? {} : { publishedDate: published }),
    ...(author === null ? { author: null } : { author }),
    ...(item.score === null ? {} : { score: round(score) }),
    ...(characters === undefined ? {} : { text: text.slice(0, characters) }),
  };
}

const round = (value: number): number => Math.round(value * 1e6) / 1e6;

function safely(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
