/** arXiv: free, one call every three seconds, an answer serves for a day. */
import type { Answer } from "../../recording/exchange.ts";
import type { Line, Service } from "../../recording/transport.ts";
import { clean } from "../defence/clean.ts";
import { arxivIdOf } from "../identity.ts";
import type { LiteratureRecord } from "../literature.ts";
import { recordOf } from "../record.ts";
import { asItSays, createRetryBudget, type RetryBudget, SourceFailed } from "../retry-budget.ts";
import { searchTerms } from "../search-terms.ts";
import { freshForADay, type ServiceOptions, type Source, type SourceQuery } from "../source.ts";
import { type Entry, type Feed, readFeed } from "./feed.ts";

export interface ArxivOptions extends ServiceOptions {
  /** Between two calls of this host; arXiv's three seconds where undefined. */
  readonly intervalMs?: number;
}

export const ARXIV_ORIGIN = "https://export.arxiv.org";
const ARXIV_INTERVAL_MS = 3_000;
const TIMEOUT_MS = 30_000;
const MAX_ABSTRACT_LENGTH = 4_000;
/** Entries of one page. */
const PAGE = 100;
/** A page that is empty though there are more is asked for again so often; so is one after an outage. */
const TRIES = 3;
const OUTAGE_MS = 3_000;

export function createArxivSource(options: ArxivOptions): Source {
  const { origin, retryBudgetMs, timeoutMs = TIMEOUT_MS, intervalMs = ARXIV_INTERVAL_MS } = options;
  const service: Service = {
    name: "arxiv",
    origin,
    timeoutMs,
    intervalMs,
    fresh: freshForADay,
    sound: (body) => {
      const feed = readFeed(body);
      return feed.kind === "feed" && (feed.entries.length > 0 || feed.total === 0);
    },
  };
  return {
    name: "arxiv",
    estimate: () => 0,
    search: (query, context) =>
      context.transport.call(service, context.signal, async (line) => {
        const asked = searchQuery(query);
        const retryBudget = createRetryBudget("arXiv", retryBudgetMs, context);
        const { entries, total, reason } = await collect(asked, query.maxResults, line, retryBudget, context.signal);
        const items = new Map(entries.flatMap(foundRecord).map((record) => [record.id, record]));
        return {
          source: "arxiv",
          status: reason === null ? "ok" : total === null ? "failed" : "partial",
          reason,
          items: [...items.values()],
          cost_usd: 0,
          calls: line.exchanges.filter(({ paid }) => paid).length,
          coverage: {
            asked,
            from: query.since,
            to: query.until,
            available: total,
            returned: entries.length,
            limits: reason === null ? [] : [reason],
          },
        };
      }),
  };
}

/** Any of the words, best match first; arXiv knows `all:`, `AND`, `OR` and ranges of submittedDate. */
export function searchQuery({ text, since, until }: SourceQuery): string {
  const words = searchTerms(text).map((word) => (/[^\p{L}\p{N}]/u.test(word) ? `all:"${word}"` : `all:${word}`));
  const wanted = words.length === 0 ? "all:*" : words.join(" OR ");
  if (since === null && until === null) return wanted;
  const digits = (date: string) => date.replaceAll("-", "");
  const range = `[${digits(since ?? "1991-01-01")}0000 TO ${digits(until ?? "2199-12-31")}2359]`;
  return `(${wanted}) AND submittedDate:${range}`;
}

interface Collected {
  readonly entries: readonly Entry[];
  /** Null: no page came at all. */
  readonly total: number | null;
  readonly reason: string | null;
}

async function collect(
  asked: string,
  wanted: number,
  line: Line,
  retryBudget: RetryBudget,
  signal: AbortSignal | undefined,
): Promise<Collected> {
  const entries: Entry[] = [];
  let total: number | null = null;
  while (entries.length < Math.min(wanted, total ?? wanted)) {
    const size = Math.min(PAGE, wanted - entries.length);
    const feed = await pageOf(asked, entries.length, size, line, retryBudget, signal);
    if (typeof feed === "string") return { entries, total, reason: feed };
    total = feed.total;
    if (feed.entries.length === 0) break;
    entries.push(...feed.entries);
  }
  return { entries: entries.slice(0, wanted), total, reason: null };
}

/** @returns the page, or the reason why the search failed. */
async function pageOf(
  asked: string,
  start: number,
  size: number,
  line: Line,
  retryBudget: RetryBudget,
  signal: AbortSignal | undefined,
): Promise<Extract<Feed, { kind: "feed" }> | string> {
  const parameters = {
    search_query: asked,
    start: `${start}`,
    max_results: `${size}`,
    sortBy: "relevance",
    sortOrder: "descending",
  };
  const url = `${line.baseUrl}/api/query?${new URLSearchParams(parameters)}`;
  const askForPage = async () => {
    const found = await ask(url, line, signal);
    if (typeof found === "string")
      throw new SourceFailed(found, retryAfter(line.exchanges.at(-1)?.answer) ?? OUTAGE_MS);
    if (found.kind !== "feed") return found.message;
    if (found.entries.length > 0 || found.total <= start) return found;
    // The pace of calls is wait enough.
    throw new SourceFailed(`arXiv returned an empty page ${TRIES} times, although it reports ${found.total} papers`, 0);
  };
  return retryBudget.ask(askForPage, asItSays(TRIES)).catch((error: unknown) => {
    if (error instanceof SourceFailed) return error.message;
    throw error;
  });
}

/** @returns a feed, what arXiv has against the question, or a message about why it did not answer. */
async function ask(url: string, line: Line, signal: AbortSignal | undefined): Promise<Feed | string> {
  const response = await fetch(url, signal === undefined ? {} : { signal });
  const body = await response.text();
  const { answer } = line.exchanges.at(-1) ?? {};
  if (answer?.kind === "failure") return answer.reason;
  const feed = readFeed(body);
  if (feed.kind === "error")
    return { kind: "error", message: `arXiv rejected the query: ${clean(feed.message).slice(0, 200)}` };
  if (response.status === 429) return "arXiv temporarily refuses requests (429)";
  if (!response.ok) return `arXiv is not available (${response.status})`;
  return feed.kind === "unreadable" ? `arXiv's answer is ${feed.message}` : feed;
}

/** Seconds only; arXiv sends no dates. */
function retryAfter(answer: Answer | null | undefined): number | null {
  const seconds = answer?.kind === "response" ? Number(answer.headers["retry-after"]) : Number.NaN;
  return seconds > 0 ? seconds * 1000 : null;
}

function foundRecord(entry: Entry): LiteratureRecord[] {
  const arxiv = arxivIdOf(entry.id);
  if (arxiv === null) return [];
  const doi = entry["arxiv:doi"]?.toLowerCase();
  const record = recordOf({
    source: "arxiv",
    url: `https://arxiv.org/abs/${arxiv}`,
    title: entry.title ?? null,
    // arXiv breaks abstracts into lines.
    text: (entry.summary ?? "").replace(/\s+/g, " "),
    authors: (entry.author ?? []).map(({ name }) => name ?? ""),
    publishedAt: entry.published ?? null,
    known: doi === undefined ? { arxiv } : { arxiv, doi },
    limit: MAX_ABSTRACT_LENGTH,
  });
  return record === null ? [] : [record];
}
