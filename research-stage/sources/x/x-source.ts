/**
 * X: finds posts by keywords, then fetches each conversation's root and its author's posts, then the missing posts that
 * those refer to. Whatever stops it (budget, limit, outage), the threads so far are passed on, marked as partial.
 */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { cutTo } from "../defence/clean.ts";
import { findInjections } from "../defence/detect.ts";
import { canonicalUrl } from "../identity.ts";
import type { ThreadRecord, ThreadSummary } from "../literature.ts";
import { createRetryBudget } from "../retry-budget.ts";
import { type ServiceOptions, type Source, type SourceQuery, type SourceResult, without } from "../source.ts";
import { type Archive, createArchive, postsOf, referenced } from "./archive.ts";
import { createBilling, POST_USD } from "./billing.ts";
import { createXClient } from "./client.ts";
import { createPager, type Pager } from "./pager.ts";
import { conversationQueries, MAX_QUERY_LENGTH, searchQueries } from "./query.ts";
import { missingParents, rootAuthor, threadOf } from "./thread.ts";
import { COMPANIONS, isPage } from "./wire.ts";

export interface XOptions extends ServiceOptions {
  /** The bearer token, from `X_API_KEY`. */
  readonly key: string | null;
  /** Handles whose threads are searched; empty: all authors. */
  readonly authors: readonly string[];
  /** `recent` sees the last seven days. */
  readonly archive: "recent" | "all";
  /** Between two calls; X's own pace where undefined. */
  readonly intervalMs?: number;
}

export const X_ORIGIN = "https://api.x.com";
const TIMEOUT_MS = 30_000;
/** The full archive takes one request a second. */
const FULL_ARCHIVE_INTERVAL_MS = 1_000;
const DAY_MS = 86_400_000;
/** Characters of a thread that are passed on. */
const MAX_TEXT_LENGTH = 8_000;
/** Rounds of looking up what threads point at. Each may uncover posts that point further. */
const LOOKUPS = 8;
/** Pages of one query. */
const PAGES = 5;

const SEVEN_DAYS = "X's recent search covers seven days only";

/** @throws UserError (code 2) for an author that is no handle: it would change the question. */
export function createXSource(options: XOptions): Source {
  const strange = options.authors.find((author) => !/^\w{1,15}$/.test(author));
  if (strange !== undefined) {
    throw new UserError(
      `"${strange}" is not a handle on X. A handle has 1 to 15 letters, digits and underscores, without @.`,
      2,
    );
  }
  const billing = createBilling();
  const service = {
    name: "x",
    origin: options.origin,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    intervalMs: options.intervalMs ?? (options.archive === "all" ? FULL_ARCHIVE_INTERVAL_MS : 0),
    // Posts are billed once in a UTC day, so an answer of the same day is free anyway.
    fresh: (recordedAt: number, now: number) => Math.floor(recordedAt / DAY_MS) === Math.floor(now / DAY_MS),
    sound: isPage,
  };
  let off: string | null = null;

  return {
    name: "x",
    estimate: ({ maxResults }) => estimatePosts(maxResults) * POST_USD,
    search: async (query, context) => {
      if (options.key === null) return without("x", "skipped", "no key: set X_API_KEY to search X");
      if (off !== null) return without("x", "skipped", `disabled for the rest of this run: ${off}`);
      const key = options.key;
      return context.transport.call(service, context.signal, async (line) => {
        const retryBudget = createRetryBudget("X", options.retryBudgetMs, context);
        const { archive } = options;
        const pager = createPager({
          client: createXClient(key, line),
          line,
          billing,
          spendLimit: context.spendLimit,
          retryBudget,
          archive,
        });
        const result = await collect(query, pager, options);
        off = pager.off;
        return result;
      });
    },
  };
}

/** Hits, their companions, and threads of some five posts; what a search usually costs at most. */
const estimatePosts = (threads: number): number => Math.max(10, threads) * (1 + COMPANIONS) + threads * 5;

async function collect(query: SourceQuery, pager: Pager, options: XOptions): Promise<SourceResult> {
  const archive = createArchive();
  const queries = searchQueries(query.text, options.authors, MAX_QUERY_LENGTH[options.archive]);
  const roots = await findConversations(queries, query, pager, archive, options);
  const unfinished = await fetchConversations(roots, pager, archive, options);
  const threads = roots.flatMap((root) => {
    const why = [
      ...(unfinished.has(root) ? [pager.stopped ?? "not fetched"] : []),
      ...tooOld(root, archive, pager, options),
    ];
    return threadOf(root, archive, why) ?? [];
  });
  const items = threads.map((thread) => recordOf(thread, archive));
  const { stopped, paidCalls, costUsd } = pager;
  const looked = pager.answered > 0;
  return {
    source: "x",
    status: stopped === null ? "ok" : looked ? "partial" : pager.brokeBudget ? "skipped" : "failed",
    reason: stopped,
    items,
    cost_usd: costUsd,
    calls: paidCalls,
    coverage: {
      asked: queries.join(" | ") || null,
      from: options.archive === "all" ? query.since : sevenDaysBefore(pager.firstAnswerAt),
      to: query.until,
      available: null,
      returned: archive.posts.size,
      limits: [
        ...(options.authors.length > 0 ? [`only threads of ${options.authors.map((a) => `@${a}`).join(", ")}`] : []),
        ...(options.archive === "recent" ? [SEVEN_DAYS] : []),
        ...(stopped === null ? [] : [stopped]),
      ],
    },
  };
}

/** Conversations with a post that matches, in order of appearance, `maxResults` at most. */
async function findConversations(
  queries: readonly string[],
  { maxResults, since, until }: SourceQuery,
  pager: Pager,
  archive: Archive,
  options: XOptions,
): Promise<string[]> {
  const roots = new Set<string>();
  for (const text of queries) {
    const startTime = options.archive === "all" && since !== null ? `${since}T00:00:00Z` : null;
    let token: string | null = null;
    for (let turn = 0; turn < PAGES && roots.size < maxResults; turn++) {
      const found = await pager.search(text, maxResults, token, startTime);
      if (found === null) return [...roots];
      archive.add(found);
      for (const post of found.data ?? []) {
        const day = (post.created_at ?? "").slice(0, 10);
        const wanted = (since === null || day >= since) && (until === null || day <= until);
        if (wanted && roots.size < maxResults) roots.add(post.conversation_id ?? post.id);
      }
      token = found.meta?.next_token ?? null;
      if (token === null) break;
    }
  }
  return [...roots];
}

/** @returns the conversations that could not be fetched to their end. */
async function fetchConversations(
  roots: readonly string[],
  pager: Pager,
  archive: Archive,
  options: XOptions,
): Promise<Set<string>> {
  const unfinished = new Set(roots);
  if (
    !(await lookUp(
      roots.filter((id) => !archive.posts.has(id)),
      pager,
      archive,
    ))
  )
    return unfinished;
  const known = roots.flatMap((id) => {
    const author = rootAuthor(id, archive);
    return author === null ? [] : [{ id, author }];
  });
  for (const text of conversationQueries(known, MAX_QUERY_LENGTH[options.archive])) {
    let token: string | null = null;
    for (let turn = 0; turn < PAGES; turn++) {
      const found = await pager.search(text, 100, token, null);
      if (found === null) return unfinished;
      archive.add(found);
      token = found.meta?.next_token ?? null;
      if (token === null) break;
    }
    if (token === null) for (const { id } of known) if (text.includes(`:${id} `)) unfinished.delete(id);
  }
  for (let turn = 0; turn < LOOKUPS; turn++) {
    const missing = [...new Set(roots.flatMap((root) => missingParents(root, archive)))];
    if (missing.length === 0) break;
    if (!(await lookUp(missing, pager, archive))) break;
  }
  return unfinished;
}

/** Posts that are neither shown nor reported as errors are treated as missing. @returns whether all were requested. */
async function lookUp(ids: readonly string[], pager: Pager, archive: Archive): Promise<boolean> {
  for (let from = 0; from < ids.length; from += 100) {
    const some = ids.slice(from, from + 100);
    const found = await pager.lookup(some);
    if (found === null) return false;
    const shown = new Set(postsOf(found));
    const lost = some.filter((id) => !shown.has(id)).map((id) => ({ resource_id: id, resource_type: "tweet" }));
    archive.add({ ...found, errors: [...(found.errors ?? []), ...lost] });
  }
  return true;
}

function tooOld(root: string, archive: Archive, pager: Pager, options: XOptions): string[] {
  const began = archive.posts.get(root)?.created_at;
  const seen = sevenDaysBefore(pager.firstAnswerAt);
  if (options.archive === "all" || seen === null) return [];
  return began === undefined || began.slice(0, 10) < seen ? [`${SEVEN_DAYS}, but this thread is older`] : [];
}

const sevenDaysBefore = (at: number | null): string | null =>
  at === null ? null : new Date(at - 7 * DAY_MS).toISOString().slice(0, 10);

function recordOf(thread: ThreadSummary, archive: Archive): ThreadRecord {
  const id = `x:${thread.id}`;
  const handle = thread.author;
  const url = `https://x.com/${handle ?? "i"}/status/${thread.id}`;
  const root = archive.posts.get(thread.id);
  const original = root === undefined ? null : referenced(root, "retweeted");
  const { text, cut } = cutTo(thread.text, MAX_TEXT_LENGTH);
  return {
    kind: "thread",
    id,
    // A repeated post is the same find as the post itself.
    identities: [id, ...(original === null ? [] : [`x:${original}`]), `url:${canonicalUrl(url)}`],
    sources: ["x"],
    title: cutTo((thread.posts[0]?.text ?? "").replace(/\s+/g, " "), 100).text,
    url,
    authors: [handle === null ? thread.author_id : `@${handle}`],
    published_at: thread.created_at || null,
    text,
    cut,
    score: null,
    suspicions: thread.posts.flatMap((post) =>
      rawTexts(post.id, archive)
        .flatMap(findInjections)
        .map((finding) => ({ record: id, post: post.id, source: "x", ...finding })),
    ),
    thread,
  };
}

/** A post's text before cleaning, and that of what it repeats or quotes, since both are shown. */
function rawTexts(id: string, { posts }: Archive): string[] {
  const post = posts.get(id);
  if (post === undefined) return [];
  const shown = (["retweeted", "quoted"] as const).flatMap((type) => posts.get(referenced(post, type) ?? "") ?? []);
  return [post, ...shown].map(({ text, note_tweet }) => note_tweet?.text ?? text);
}
