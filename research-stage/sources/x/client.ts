/** X API v2 through twitter-api-v2, one page at a time: its paginator stops silently when the limit is used up. */
import { Agent } from "node:http";
import {
  ApiPartialResponseError,
  ApiRequestError,
  ApiResponseError,
  type ITwitterApiClientPlugin,
  TwitterApi,
} from "twitter-api-v2";
import type { Line } from "../../recording/transport.ts";
import { FIELDS, type Page, page } from "./wire.ts";

export interface XClient {
  /** `GET /2/tweets/search/recent` or `/all`. `maxResults` 10 to 100 or 500. @throws XError */
  search(query: string, options: SearchOptions): Promise<Page>;
  /** `GET /2/tweets?ids=`, up to 100. @throws XError */
  lookup(ids: readonly string[]): Promise<Page>;
}

interface SearchOptions {
  readonly archive: "recent" | "all";
  readonly maxResults: number;
  readonly nextToken: string | null;
  /** ISO time; null: no limit. No end is sent: X refuses one that is not well in the past. */
  readonly startTime: string | null;
}

export type XErrorKind =
  /** 429; `resetAt` says when the window ends. */
  | "rate_limited"
  /** 402: no credits left. */
  | "no_credits"
  /** 401, 403: the key does not open this. */
  | "refused"
  /** 400 and other answers that blame the question. */
  | "bad_request"
  /** 5xx, HTML in place of JSON, a cut answer, no connection, no answer in time. */
  | "unavailable";

export class XError extends Error {
  override readonly name = "XError";
  readonly kind: XErrorKind;
  /** Milliseconds since 1970; null where the service did not say. */
  readonly resetAt: number | null;

  constructor(kind: XErrorKind, message: string, resetAt: number | null = null) {
    super(message);
    this.kind = kind;
    this.resetAt = resetAt;
  }
}

/** The gateway limits the time of a call; this is for the way to the gateway, milliseconds. */
const TIMEOUT_MS = 120_000;

export function createXClient(bearer: string, line: Line): XClient {
  // The library has no option for another address. Without an agent of http it insists on https.
  const redirect: ITwitterApiClientPlugin = {
    onBeforeRequestConfig: ({ params }) => {
      params.url = params.url.replace("https://api.x.com", line.baseUrl);
    },
    onBeforeRequest: ({ requestOptions }) => {
      requestOptions.timeout = TIMEOUT_MS;
    },
  };
  const { v2 } = new TwitterApi(bearer, { httpAgent: new Agent(), plugins: [redirect] }).readOnly;
  const get = async (path: string, query: Record<string, string | number>): Promise<Page> => {
    let body: unknown;
    try {
      body = await v2.get(path, { ...query, ...FIELDS });
    } catch (error) {
      throw xErrorOf(error, line);
    }
    const checked = page.safeParse(body);
    if (checked.success) return checked.data;
    const where = checked.error.issues[0]?.path.join(".");
    throw new XError("unavailable", `X's answer has an unknown structure (at ${where || "the top"})`);
  };
  return {
    search: (query, { archive, maxResults, nextToken, startTime }) =>
      get(`tweets/search/${archive}`, {
        query,
        max_results: maxResults,
        ...(nextToken === null ? {} : { next_token: nextToken }),
        ...(startTime === null ? {} : { start_time: startTime }),
      }),
    lookup: (ids) => get("tweets", { ids: ids.join(",") }),
  };
}

function xErrorOf(error: unknown, { exchanges }: Line): XError {
  const last = exchanges.at(-1)?.answer;
  if (last?.kind === "failure") return new XError("unavailable", last.reason);
  if (error instanceof ApiResponseError) return answered(error);
  if (error instanceof ApiPartialResponseError) return new XError("unavailable", "the answer of X was truncated");
  if (error instanceof ApiRequestError) return new XError("unavailable", `no connection to X (${error.message})`);
  return new XError("unavailable", error instanceof Error ? error.message : String(error));
}

function answered({ code, data, headers }: ApiResponseError): XError {
  const reset = Number(headers["x-rate-limit-reset"]);
  const resetAt = Number.isFinite(reset) && reset > 0 ? reset * 1000 : null;
  const detail = detailOf(data);
  if (code === 429) return new XError("rate_limited", `X temporarily refuses requests (429${detail})`, resetAt);
  if (code === 402) return new XError("no_credits", `the X account has no credits left (402${detail})`);
  if (code === 401 || code === 403) return new XError("refused", `X rejects the key in X_API_KEY (${code}${detail})`);
  if (code >= 500) return new XError("unavailable", `X is not available (${code}${detail})`);
  return new XError("bad_request", `X rejected the query (${code}${detail})`);
}

/** The answer's own explanation, shortened: JSON of two shapes, or HTML as a string, which says nothing. */
function detailOf(data: unknown): string {
  if (typeof data !== "object" || data === null) return "";
  const { title, detail, errors } = data as { title?: unknown; detail?: unknown; errors?: { message?: unknown }[] };
  const said = detail ?? title ?? errors?.[0]?.message;
  return typeof said === "string" && said !== "" ? `, "${said.replace(/\s+/g, " ").slice(0, 160)}"` : "";
}
