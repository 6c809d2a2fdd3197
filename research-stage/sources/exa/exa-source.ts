/** Exa: publications, and pages of any kind (code, posts of laboratories), each in a separate call. */
import { Exa } from "exa-js";
import { z } from "zod";
import type { Exchange, Line, Service } from "../../recording/transport.ts";
import type { LiteratureRecord } from "../literature.ts";
import { recordOf } from "../record.ts";
import { asItSays, createRetryBudget, type RetryBudget, SourceFailed } from "../retry-budget.ts";
import { freshForADay, type ServiceOptions, type Source, type SourceQuery, without } from "../source.ts";
import type { SpendLimit } from "../spend-limit.ts";

export interface ExaOptions extends ServiceOptions {
  /** From `EXA_API_KEY`. */
  readonly key: string | null;
}

export const EXA_ORIGIN = "https://api.exa.ai";
const TIMEOUT_MS = 30_000;
const MAX_TEXT_LENGTH = 4_000;
const TRIES = 3;
const PAUSE_MS = 2_000;

/** Dollars that a call is reserved at: what a search costs at most, and each page's text. The answer tells the true cost. */
const SEARCH_USD = 0.01;
const TEXT_USD = 0.001;
const worstCase = (results: number): number => SEARCH_USD + results * TEXT_USD;

const answer = z.object({
  results: z.array(
    z.object({
      url: z.string(),
      title: z.string().nullish(),
      publishedDate: z.string().nullish(),
      author: z.string().nullish(),
      score: z.number().nullish(),
      text: z.string().nullish(),
    }),
  ),
  costDollars: z.object({ total: z.number().nonnegative() }).nullish(),
});

function isAnswer(body: string): boolean {
  try {
    return answer.safeParse(JSON.parse(body)).success;
  } catch {
    return false;
  }
}

type Found = z.infer<typeof answer>["results"][number];

export function createExaSource(options: ExaOptions): Source {
  const service: Service = {
    name: "exa",
    origin: options.origin,
    // The client itself has no limit.
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    intervalMs: 0,
    fresh: freshForADay,
    sound: isAnswer,
  };
  let off: string | null = null;

  return {
    name: "exa",
    estimate: ({ maxResults }) => 2 * worstCase(Math.ceil(maxResults / 2)),
    search: async (query, context) => {
      if (options.key === null) return without("exa", "skipped", "no key: set EXA_API_KEY to search with Exa");
      if (off !== null) return without("exa", "skipped", `disabled for the rest of this run: ${off}`);
      const key = options.key;
      return context.transport.call(service, context.signal, async (line) => {
        const retryBudget = createRetryBudget("Exa", options.retryBudgetMs, context);
        const asker = createAsker(key, line, context.spendLimit, retryBudget);
        const parts = [
          await asker.ask(query, "publication"),
          // Whatever stopped the first call stops the second.
          ...(asker.stopped === null ? [await asker.ask(query, null)] : []),
        ];
        if (asker.stopped?.final) off = asker.stopped.reason;
        const found = parts.filter((part) => part !== null);
        const reason = asker.stopped?.reason ?? null;
        const failed = asker.stopped?.overBudget ? "skipped" : "failed";
        return {
          source: "exa",
          status: reason === null ? "ok" : found.length > 0 ? "partial" : failed,
          reason,
          items: [...new Map(found.flat().map((record) => [record.id, record])).values()],
          cost_usd: asker.costUsd,
          calls: line.exchanges.filter(({ paid }) => paid).length,
          coverage: {
            asked: query.text,
            from: query.since,
            to: query.until,
            available: null,
            returned: found.flat().length,
            limits:
              reason === null
                ? []
                : [`${parts.length - found.length + (2 - parts.length)} of 2 searches missing: ${reason}`],
          },
        };
      });
    },
  };
}

interface Stop {
  readonly reason: string;
  /** No call of this run can succeed any more. */
  readonly final: boolean;
  readonly overBudget: boolean;
}

interface Asker {
  /** Null: stopped. */
  ask(query: SourceQuery, category: "publication" | null): Promise<LiteratureRecord[] | null>;
  readonly stopped: Stop | null;
  readonly costUsd: number;
}

function createAsker(key: string, line: Line, spendLimit: SpendLimit, retryBudget: RetryBudget): Asker {
  const client = new Exa(key, line.baseUrl);
  let stopped: Stop | null = null;
  let costUsd = 0;

  const call = async (query: SourceQuery, category: "publication" | null): Promise<unknown> => {
    return client.search(query.text, {
      // Papers on arXiv are what the search for publications and arXiv itself are for.
      ...(category === null ? { excludeDomains: ["arxiv.org"] } : { category }),
      type: "auto",
      numResults: Math.ceil(query.maxResults / 2),
      ...(query.since === null ? {} : { startPublishedDate: query.since }),
      ...(query.until === null ? {} : { endPublishedDate: query.until }),
      contents: { text: { maxCharacters: MAX_TEXT_LENGTH } },
    });
  };

  return {
    ask: async (query, category) => {
      const reserved = worstCase(Math.ceil(query.maxResults / 2));
      if (!spendLimit.reserve(reserved)) {
        const reason = `the remaining budget for Exa (of $${spendLimit.budgetUsd}) is too small for another call`;
        stopped = { reason, final: false, overBudget: true };
        return null;
      }
      let cost = 0;
      const search = async () => {
        const body = await call(query, category).catch((error: unknown) => new Refusal(error));
        const exchange = line.exchanges.at(-1);
        const checked = body instanceof Refusal ? null : answer.safeParse(body);
        if (!checked?.success) throw failureOf(exchange, body);
        // A cost that is not named counts at its worst.
        if (exchange?.paid) cost += checked.data.costDollars?.total ?? reserved;
        return checked.data.results.flatMap(foundRecord);
      };
      try {
        return await retryBudget.ask(search, asItSays(TRIES));
      } catch (error) {
        if (!(error instanceof SourceFailed)) throw error;
        stopped = { reason: error.message, final: error.final, overBudget: false };
        return null;
      } finally {
        spendLimit.settle(reserved, cost);
        costUsd += cost;
      }
    },
    get stopped() {
      return stopped;
    },
    get costUsd() {
      return costUsd;
    },
  };
}

class Refusal {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** From what the gateway saw: the client keeps neither the tag of an error nor its headers. */
function failureOf(exchange: Exchange | undefined, body: unknown): SourceFailed {
  const seen = exchange?.answer;
  if (seen?.kind === "failure") return new SourceFailed(seen.reason, PAUSE_MS);
  if (seen?.kind !== "response") {
    const said = body instanceof Refusal && body.error instanceof Error ? body.error.message : "no answer";
    return new SourceFailed(`Exa could not be reached (${said})`);
  }
  const { status, headers } = seen;
  const { tag, error } = errorOf(seen.body);
  const said = error === null ? "" : `, "${error.replace(/\s+/g, " ").slice(0, 160)}"`;
  if (status === 402) {
    const why =
      tag === "API_KEY_BUDGET_EXCEEDED"
        ? "the budget of the key in EXA_API_KEY is exhausted"
        : "the Exa account has no credits left";
    return new SourceFailed(`${why} (402 ${tag ?? ""}${said})`, null, { final: true });
  }
  if (status === 401 || status === 403) {
    return new SourceFailed(`Exa rejects the key in EXA_API_KEY (${status}${said})`, null, { final: true });
  }
  if (status === 429) {
    const seconds = Number(headers["retry-after"]);
    return new SourceFailed(`Exa temporarily refuses requests (429${said})`, seconds > 0 ? seconds * 1000 : PAUSE_MS);
  }
  if (status >= 500) return new SourceFailed(`Exa is not available (${status}${said})`, PAUSE_MS);
  if (status >= 400) return new SourceFailed(`Exa rejected the query (${status}${said})`);
  return new SourceFailed("Exa's answer has an unknown structure");
}

const errorBody = z.object({ error: z.string().nullish(), tag: z.string().nullish() });

function errorOf(body: string): { tag: string | null; error: string | null } {
  try {
    const { tag, error } = errorBody.parse(JSON.parse(body));
    return { tag: tag ?? null, error: error ?? null };
  } catch {
    return { tag: null, error: null };
  }
}

function foundRecord({ url, title, text, author, publishedDate, score }: Found): LiteratureRecord[] {
  const record = recordOf({
    source: "exa",
    url,
    title: title ?? null,
    text: text ?? "",
    authors: (author ?? "").split(/[,;]/),
    publishedAt: publishedDate ?? null,
    score: score ?? null,
    limit: MAX_TEXT_LENGTH,
  });
  // Exa cut it where it fills the limit.
  return record === null ? [] : [{ ...record, cut: record.cut || (text ?? "").length >= MAX_TEXT_LENGTH }];
}
