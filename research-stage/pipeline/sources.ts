/** The sources of a run, with the keys and addresses of the environment. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { DEFAULT_MODEL } from "@kevo/core/llm/connection.ts";
import type { ResearchOptions } from "../session/options.ts";
import { ARXIV_ORIGIN, createArxivSource } from "../sources/arxiv/arxiv-source.ts";
import { createExaSource, EXA_ORIGIN } from "../sources/exa/exa-source.ts";
import type { Source } from "../sources/source.ts";
import { CURATED_AUTHORS } from "../sources/x/query.ts";
import { createXSource, X_ORIGIN } from "../sources/x/x-source.ts";
import { createXSearchSource, X_SEARCH, XAI_ORIGIN } from "../sources/x-search/x-search-source.ts";

/** Longest wait for rate limits and outages in one search, milliseconds. */
const RETRY_BUDGET_MS = 5 * 60_000;
/** Stands for a key where answers come from a recording. */
const RECORDED = "recorded";

export interface Keys {
  readonly x: string | null;
  readonly exa: string | null;
  /** For xAI's x_search, which replaces X where there is no key for it. */
  readonly xSearch: string | null;
}

export function keysOf(environment: NodeJS.ProcessEnv): Keys {
  const x = environment.X_API_KEY || null;
  // A user who configured another provider's model does not mean xAI's service.
  const xai = x === null && (!environment.LLM_BASE_URL || environment.XAI_BASE_URL);
  return { x, exa: environment.EXA_API_KEY || null, xSearch: xai ? environment.XAI_API_KEY || null : null };
}

/** Keys as they were when a recording was made: what was skipped then is skipped again. */
export function recordedKeys(sources: readonly string[]): Keys {
  const keyOf = (name: string) => (sources.includes(name) ? RECORDED : null);
  return { x: keyOf("x"), exa: keyOf("exa"), xSearch: keyOf(X_SEARCH) };
}

/** Names of the sources that have what they need. */
export function usable(keys: Keys): string[] {
  const keyed = { exa: keys.exa, x: keys.x, [X_SEARCH]: keys.xSearch };
  return ["arxiv", ...Object.entries(keyed).flatMap(([name, key]) => (key === null ? [] : [name]))];
}

/** `X_BASE_URL`, `XAI_BASE_URL`, `EXA_BASE_URL` and `ARXIV_BASE_URL` set the servers. @throws UserError (code 2). */
export function openSources(options: ResearchOptions, keys: Keys, environment: NodeJS.ProcessEnv): Source[] {
  const origin = (name: string, usual: string) => {
    const given = environment[name];
    if (given === undefined || given === "") return usual;
    if (!URL.canParse(given)) throw new UserError(`${name} "${given}" is not a URL such as http://127.0.0.1:8000.`, 2);
    return given.replace(/\/+$/, "");
  };
  const arxiv = origin("ARXIV_BASE_URL", ARXIV_ORIGIN);
  const authors = options.authors.length === 0 ? CURATED_AUTHORS : options.authors;
  const retryBudgetMs = RETRY_BUDGET_MS;
  const { fast_model: model } = options;
  return [
    keys.xSearch === null
      ? createXSource({
          key: keys.x,
          origin: origin("X_BASE_URL", X_ORIGIN),
          authors,
          archive: options.archive,
          retryBudgetMs,
        })
      : createXSearchSource({
          key: keys.xSearch,
          origin: origin("XAI_BASE_URL", XAI_ORIGIN),
          model: model?.startsWith("grok") ? model : DEFAULT_MODEL,
          authors,
          retryBudgetMs,
        }),
    createExaSource({ key: keys.exa, origin: origin("EXA_BASE_URL", EXA_ORIGIN), retryBudgetMs: RETRY_BUDGET_MS }),
    createArxivSource({
      origin: arxiv,
      retryBudgetMs: RETRY_BUDGET_MS,
      // The pace is arXiv's rule; a self-hosted server has none.
      ...(arxiv === ARXIV_ORIGIN ? {} : { intervalMs: 0 }),
    }),
  ];
}
