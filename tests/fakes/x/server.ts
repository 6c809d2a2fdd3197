/** A fake of X's API v2: search (recent, all) and lookup, over a corpus, with the real one's limits and errors. */

import { type FakeAnswer, type FakeRequest, type FakeServer, startFake } from "../http/fake-server.ts";
import type { Fault } from "../http/fault.ts";
import { type StoredPost, wireText } from "./posts.ts";
import { parseQuery } from "./query.ts";

export interface FakeXOptions {
  readonly posts: readonly StoredPost[];
  /** The fake's clock: recent search sees seven days back from here. */
  readonly now: Date;
  readonly scenario?: string;
  readonly port?: number;
  /** Requests of one window of 15 minutes; 450 as on X. */
  readonly limit?: number;
}

const DAY_MS = 86_400_000;
const BOUNDS = { recent: { most: 100, query: 512 }, all: { most: 500, query: 1024 } } as const;
/** Characters after which `text` is cut and `note_tweet` holds the rest. */
const SHORT = 280;

export function startFakeX(options: FakeXOptions): Promise<FakeServer> {
  const { posts, now, limit = 450 } = options;
  const byId = new Map(posts.map((post) => [post.id, post]));
  let remaining = limit;
  const resetAt = (seconds: number) => `${Math.ceil(Date.now() / 1000 + seconds)}`;
  const limits = (left: number, seconds = 900) => ({
    "x-rate-limit-limit": `${limit}`,
    "x-rate-limit-remaining": `${left}`,
    "x-rate-limit-reset": resetAt(seconds),
  });
  const json = (status: number, body: unknown, headers: Record<string, string> = {}): FakeAnswer => ({
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: JSON.stringify(body),
  });
  const invalid = (detail: string): FakeAnswer =>
    json(400, {
      errors: [{ message: detail }],
      title: "Invalid Request",
      detail: "One or more parameters to your request was invalid.",
      type: "https://api.x.com/2/problems/invalid-request",
    });

  const answer = ({ url, headers }: FakeRequest): FakeAnswer => {
    if (!/^Bearer \S+$/.test(headers.authorization ?? "")) {
      return json(401, { title: "Unauthorized", type: "about:blank", status: 401, detail: "Unauthorized" });
    }
    if (remaining-- <= 0) return tooMany(900);
    const archive = /^\/2\/tweets\/search\/(recent|all)$/.exec(url.pathname)?.[1] as "recent" | "all" | undefined;
    if (archive !== undefined) return search(url.searchParams, archive);
    if (url.pathname === "/2/tweets") return lookup(url.searchParams);
    return json(404, { title: "Not Found", type: "about:blank", status: 404, detail: "Not Found" });
  };

  const tooMany = (seconds: number): FakeAnswer =>
    json(
      429,
      { title: "Too Many Requests", detail: "Too Many Requests", type: "about:blank", status: 429 },
      limits(0, seconds),
    );

  const search = (parameters: URLSearchParams, archive: "recent" | "all"): FakeAnswer => {
    const bounds = BOUNDS[archive];
    const size = Number(parameters.get("max_results") ?? 10);
    if (!(size >= 10 && size <= bounds.most)) {
      return invalid(`The \`max_results\` query parameter value [${size}] is not between 10 and ${bounds.most}`);
    }
    const text = parameters.get("query") ?? "";
    if (text === "" || text.length > bounds.query) {
      return invalid(`Rules must be between 1 and ${bounds.query} characters long; this one has ${text.length}`);
    }
    let query: ReturnType<typeof parseQuery>;
    try {
      query = parseQuery(text);
    } catch (error) {
      return invalid(`There were errors processing your request: ${(error as Error).message}`);
    }
    const week = new Date(now.getTime() - 7 * DAY_MS).toISOString();
    const start = parameters.get("start_time") ?? (archive === "recent" ? week : "");
    if (archive === "recent" && start < week) {
      return invalid(`Invalid 'start_time':'${start}'. 'start_time' must be on or after ${week}`);
    }
    const found = posts
      .filter((post) => !post.deleted && post.createdAt >= start && post.createdAt <= now.toISOString())
      .filter((post) => (!query.keywords || post.repeats === null) && query.matches(post))
      .sort((a, b) => (a.id < b.id ? 1 : -1));
    const from = Number(/^b(\d+)$/.exec(parameters.get("next_token") ?? "b0")?.[1] ?? Number.NaN);
    if (Number.isNaN(from)) return invalid("The `next_token` is not valid");
    const page = found.slice(from, from + size);
    if (page.length === 0) return json(200, { meta: { result_count: 0 } }, limits(remaining));
    const next = from + size < found.length ? { next_token: `b${from + size}` } : {};
    const meta = { newest_id: page[0]?.id, oldest_id: page.at(-1)?.id, result_count: page.length, ...next };
    return json(200, { ...shown(page, [], parameters), meta }, limits(remaining));
  };

  const lookup = (parameters: URLSearchParams): FakeAnswer => {
    const ids = (parameters.get("ids") ?? "").split(",").filter((id) => id !== "");
    if (ids.length === 0 || ids.length > 100) {
      return invalid(
        `The number of values in the \`ids\` query parameter list [${ids.length}] is not between 1 and 100`,
      );
    }
    const there = ids.flatMap((id) => byId.get(id) ?? []).filter(({ deleted }) => !deleted);
    const lost = ids.filter((id) => !there.some((post) => post.id === id));
    return json(200, shown(there, lost, parameters), limits(remaining));
  };

  /** Only fields and expansions that were asked for, as on X. */
  const shown = (page: readonly StoredPost[], lost: readonly string[], parameters: URLSearchParams) => {
    const fields = new Set((parameters.get("tweet.fields") ?? "").split(","));
    const expansions = new Set((parameters.get("expansions") ?? "").split(","));
    const referredTo = page.flatMap(({ repliesTo, repeats, quotes }) => [repliesTo, repeats, quotes]);
    const referred = [...new Set(referredTo.filter((id) => id !== null))];
    const companions = expansions.has("referenced_tweets.id")
      ? referred.flatMap((id) => byId.get(id) ?? []).filter(({ deleted }) => !deleted)
      : [];
    const deleted = expansions.has("referenced_tweets.id")
      ? referred.filter((id) => byId.get(id)?.deleted !== false)
      : [];
    const people = [
      ...(expansions.has("author_id") ? page : []),
      ...(expansions.has("referenced_tweets.id.author_id") ? companions : []),
    ];
    const users = [...new Map(people.map(({ userId, handle }) => [userId, handle]))];
    const errors = [
      ...lost.map((id) => notFound(id, "ids")),
      ...deleted.map((id) => notFound(id, "referenced_tweets.id")),
    ];
    return {
      ...(page.length === 0 ? {} : { data: page.map((post) => wire(post, fields)) }),
      ...(companions.length + users.length === 0
        ? {}
        : {
            includes: {
              ...(users.length === 0
                ? {}
                : { users: users.map(([id, username]) => ({ id, name: username, username })) }),
              ...(companions.length === 0 ? {} : { tweets: companions.map((post) => wire(post, fields)) }),
            },
          }),
      ...(errors.length === 0 ? {} : { errors }),
    };
  };

  const wire = (post: StoredPost, fields: ReadonlySet<string>) => {
    const original = post.repeats === null ? undefined : byId.get(post.repeats);
    // A retweet's own text is cut, for any length of the original.
    const text =
      original === undefined ? post.text : `RT @${original.handle}: ${original.text}`.slice(0, 139).concat("…");
    const { text: escaped, urls } = wireText(post.id, text);
    const long = original === undefined && escaped.length > SHORT;
    const references = [
      ...(post.repliesTo === null ? [] : [{ type: "replied_to", id: post.repliesTo }]),
      ...(post.repeats === null ? [] : [{ type: "retweeted", id: post.repeats }]),
      ...(post.quotes === null ? [] : [{ type: "quoted", id: post.quotes }]),
    ];
    const all = {
      author_id: post.userId,
      conversation_id: post.conversation,
      created_at: post.createdAt,
      ...(post.repliesToUser === null ? {} : { in_reply_to_user_id: post.repliesToUser }),
      ...(references.length === 0 ? {} : { referenced_tweets: references }),
      ...(urls.length === 0 || long ? {} : { entities: { urls } }),
      ...(long ? { note_tweet: { text: escaped, entities: { urls } } } : {}),
      public_metrics: { like_count: Number(post.id.slice(-2)), retweet_count: 0, reply_count: 0, quote_count: 0 },
    };
    return {
      id: post.id,
      text: long ? `${escaped.slice(0, SHORT - 3)}…` : escaped,
      edit_history_tweet_ids: [post.id],
      ...Object.fromEntries(Object.entries(all).filter(([name]) => fields.has(name))),
    };
  };

  const refuse = ({ name, value }: Fault): FakeAnswer | null => {
    const seconds = value ?? 1;
    switch (name) {
      case "401":
        return json(401, { title: "Unauthorized", type: "about:blank", status: 401, detail: "Unauthorized" });
      case "402":
      case "402-key":
        return json(402, {
          title: "Payment Required",
          detail: "Your enrolled account does not have any credits to fulfill this request.",
          type: "https://api.x.com/2/problems/credits",
        });
      case "403":
        return json(403, {
          title: "Forbidden",
          detail: "This endpoint is not open to your access level.",
          type: "https://api.x.com/2/problems/client-forbidden",
        });
      case "429":
        return tooMany(seconds);
      case "429-code":
        return json(429, { errors: [{ code: 88, message: "Rate limit exceeded" }] }, limits(0, seconds));
      case "429-bare":
        return json(429, { title: "Too Many Requests", detail: "Too Many Requests", type: "about:blank", status: 429 });
      case "500":
        return json(500, { title: "Internal Server Error", detail: "Something is broken", type: "about:blank" });
      case "503":
        return json(503, {
          title: "Service Unavailable",
          detail: "Service Unavailable",
          type: "about:blank",
          status: 503,
        });
      case "503-html":
        return {
          status: 503,
          headers: { "content-type": "text/html" },
          body: "<html><body>Over capacity</body></html>",
        };
      case "malformed":
        return json(200, { data: "nothing like posts" });
      default:
        return null;
    }
  };

  return startFake({ answer, refuse }, options.scenario, options.port);
}

const notFound = (id: string, parameter: string) => ({
  value: id,
  detail: `Could not find tweet with ${parameter}: [${id}].`,
  title: "Not Found Error",
  resource_type: "tweet",
  parameter,
  resource_id: id,
  type: "https://api.x.com/2/problems/resource-not-found",
});
