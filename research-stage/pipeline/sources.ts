/** The sources of a run, with the keys and addresses of the environment. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { ARXIV_ORIGIN, createArxivSource } from "../sources/arxiv/arxiv-source.ts";
import { createExaSource, EXA_ORIGIN } from "../sources/exa/exa-source.ts";
import type { Source } from "../sources/source.ts";
import { CURATED_AUTHORS } from "../sources/x/query.ts";
import { createXSource, X_ORIGIN } from "../sources/x/x-source.ts";
import type { ResearchOptions } from "./options.ts";

/** Longest wait for rate limits and outages in one search, milliseconds. */
const PATIENCE_MS = 5 * 60_000;
/** Stands for a key where answers come from a recording. */
const RECORDED = "recorded";

export interface Keys {
  readonly x: string | null;
  readonly exa: string | null;
}

export function keysOf(environment: NodeJS.ProcessEnv): Keys {
  return { x: environment.X_API_KEY || null, exa: environment.EXA_API_KEY || null };
}

/** Keys as they were when a recording was made: what was skipped then is skipped again. */
export function recordedKeys(sources: readonly string[]): Keys {
  return { x: sources.includes("x") ? RECORDED : null, exa: sources.includes("exa") ? RECORDED : null };
}

/** Names of the sources that have what they need. */
export function usable(keys: Keys): string[] {
  return ["arxiv", ...(keys.exa === null ? [] : ["exa"]), ...(keys.x === null ? [] : ["x"])];
}

/** `X_BASE_URL`, `EXA_BASE_URL` and `ARXIV_BASE_URL` stand for servers of one's own. @throws UserError (code 2). */
export function openSources(options: ResearchOptions, keys: Keys, environment: NodeJS.ProcessEnv): Source[] {
  const origin = (name: string, usual: string) => {
    const given = environment[name];
    if (given === undefined || given === "") return usual;
    if (!URL.canParse(given)) throw new UserError(`${name} "${given}" is not a URL such as http://127.0.0.1:8000.`, 2);
    return given.replace(/\/+$/, "");
  };
  const arxiv = origin("ARXIV_BASE_URL", ARXIV_ORIGIN);
  return [
    createXSource({
      key: keys.x,
      origin: origin("X_BASE_URL", X_ORIGIN),
      authors: options.authors.length === 0 ? CURATED_AUTHORS : options.authors,
      archive: options.archive,
      patienceMs: PATIENCE_MS,
    }),
    createExaSource({ key: keys.exa, origin: origin("EXA_BASE_URL", EXA_ORIGIN), patienceMs: PATIENCE_MS }),
    createArxivSource({
      origin: arxiv,
      patienceMs: PATIENCE_MS,
      // The pace is arXiv's own rule; a server of one's own has none.
      ...(arxiv === ARXIV_ORIGIN ? {} : { intervalMs: 0 }),
    }),
  ];
}
