/** Pages from X within a spend limit and a retry budget: one place that reserves, asks, waits, charges, and stops. */
import type { Line } from "../../recording/transport.ts";
import type { RetryBudget } from "../retry-budget.ts";
import type { SpendLimit } from "../spend-limit.ts";
import { postsOf } from "./archive.ts";
import { type Billing, POST_USD } from "./billing.ts";
import { type XClient, XError } from "./client.ts";
import { COMPANIONS, type Page } from "./wire.ts";

export interface Pager {
  /** Null: stopped, now or before; nothing more will come in this search. */
  search(query: string, wanted: number, nextToken: string | null, startTime: string | null): Promise<Page | null>;
  lookup(ids: readonly string[]): Promise<Page | null>;
  /** Why it stopped, one sentence; null while it continues. */
  readonly stopped: string | null;
  /** It stopped because no further call fits into the budget. */
  readonly brokeBudget: boolean;
  /** Why no search of this run can succeed any more. */
  readonly off: string | null;
  readonly answered: number;
  readonly costUsd: number;
  readonly paidCalls: number;
  /** When the first answer came, milliseconds since 1970. */
  readonly firstAnswerAt: number | null;
}

export interface PagerOptions {
  readonly client: XClient;
  readonly line: Line;
  readonly billing: Billing;
  readonly spendLimit: SpendLimit;
  readonly retryBudget: RetryBudget;
  readonly archive: "recent" | "all";
}

/** Bounds of max_results. */
const MIN_RESULTS = 10;
const MAX_RESULTS = { recent: 100, all: 500 } as const;
/** A page is tried again this often after an outage, and after that long. */
const RETRIES = 1;
const OUTAGE_MS = 2_000;
const RATE_RETRIES = 3;
/** Where a 429 does not say when the window ends. */
const UNKNOWN_RESET_MS = 15_000;

/** The most that one post can cost with what comes along. */
const WORST_USD = POST_USD * (1 + COMPANIONS);

export function createPager({ client, line, billing, spendLimit, retryBudget, archive }: PagerOptions): Pager {
  let stopped: string | null = null;
  let brokeBudget = false;
  let off: string | null = null;
  let answered = 0;
  let costUsd = 0;

  /** How many posts the rest of the budget surely pays. */
  const affordable = () => Math.floor((spendLimit.budgetUsd - spendLimit.committedUsd) / WORST_USD + 1e-9);
  const stop = (reason: string): null => {
    stopped ??= reason;
    return null;
  };
  const overBudget = (): null => {
    brokeBudget = true;
    return stop(`the remaining budget for X (of $${spendLimit.budgetUsd}) is too small for another call`);
  };

  const ask = async (posts: number, call: () => Promise<Page>): Promise<Page | null> => {
    if (stopped !== null) return null;
    const reserved = posts * WORST_USD;
    if (!spendLimit.reserve(reserved)) return overBudget();
    let cost = 0;
    try {
      const found = await retryBudget.ask(call, waitAfter);
      const exchange = line.exchanges.at(-1);
      cost = exchange === undefined ? 0 : billing.charge(exchange, postsOf(found));
      // Half cents are not exact in binary.
      costUsd = Math.round((costUsd + cost) * 1e6) / 1e6;
      answered++;
      return found;
    } catch (error) {
      if (!(error instanceof XError)) throw error;
      return giveUp(error);
    } finally {
      spendLimit.settle(reserved, cost);
    }
  };

  /** Milliseconds until another try makes sense; null: none does. */
  const waitAfter = (error: unknown, tried: number): number | null => {
    if (!(error instanceof XError)) return null;
    if (error.kind === "unavailable") return tried <= RETRIES ? OUTAGE_MS : null;
    if (error.kind !== "rate_limited" || tried > RATE_RETRIES) return null;
    const now = line.exchanges.at(-1)?.at ?? 0;
    // A second more, since the reset is rounded to seconds.
    return error.resetAt === null ? UNKNOWN_RESET_MS : Math.max(0, error.resetAt - now) + 1000;
  };

  const giveUp = (error: XError): null => {
    if (error.kind === "no_credits" || error.kind === "refused") off = error.message;
    const reset = error.resetAt === null ? "" : `; the limit ends at ${new Date(error.resetAt).toISOString()}`;
    return stop(`${error.message}${reset}`);
  };

  return {
    search: async (query, wanted, nextToken, startTime) => {
      const maxResults = Math.min(Math.max(wanted, MIN_RESULTS), MAX_RESULTS[archive], affordable());
      if (stopped !== null) return null;
      if (maxResults < MIN_RESULTS) return overBudget();
      return ask(maxResults, () => client.search(query, { archive, maxResults, nextToken, startTime }));
    },
    lookup: (ids) => (ids.length === 0 ? Promise.resolve({}) : ask(ids.length, () => client.lookup(ids))),
    get stopped() {
      return stopped;
    },
    get brokeBudget() {
      return brokeBudget;
    },
    get off() {
      return off;
    },
    get answered() {
      return answered;
    },
    get costUsd() {
      return costUsd;
    },
    get paidCalls() {
      return line.exchanges.filter(({ paid }) => paid).length;
    },
    get firstAnswerAt() {
      return line.exchanges[0]?.at ?? null;
    },
  };
}
