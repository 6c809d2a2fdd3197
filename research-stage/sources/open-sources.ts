/** The sources of a run, from the environment. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { z } from "zod";
import { ARXIV_INTERVAL_MS, ARXIV_ORIGIN, createArxivSource } from "./arxiv/arxiv-source.ts";
import { createExaSource, EXA_ORIGIN } from "./exa/exa-source.ts";
import type { Source } from "./source.ts";
import { CURATED_AUTHORS } from "./x/query.ts";
import { createXSource, X_ORIGIN } from "./x/x-source.ts";

export interface SourceSettings {
  /** Handles whose threads are read; empty: everybody's. Undefined: `X_AUTHORS`, else the curated ones. */
  readonly authors?: readonly string[] | undefined;
  /** How far back X is searched. `all` is the full archive. */
  readonly archive?: "recent" | "all" | undefined;
  /** Longest wait for rate limits and outages in one search of one source, milliseconds. */
  readonly patienceMs?: number | undefined;
}

const PATIENCE_MS = 120_000;

const text = z
  .string()
  .optional()
  .transform((value) => (value === undefined || value.trim() === "" ? null : value.trim()));
const origin = text.refine((value) => value === null || /^https?:\/\/[^/?#@]+\/?$/.test(value), {
  message: "is no address such as http://127.0.0.1:8080",
});
const environment = z.object({
  X_API_KEY: text,
  EXA_API_KEY: text,
  /** Servers of one's own in place of the services. */
  X_BASE_URL: origin,
  EXA_BASE_URL: origin,
  ARXIV_BASE_URL: origin,
  /** Handles, with commas between them. */
  X_AUTHORS: text,
});

/**
 * X, arXiv and Exa, keys or not: a source without its key answers `skipped` and says which variable to set.
 * @throws UserError (code 2) that names the variable; never shows the value of a key.
 */
export function openSources(settings: SourceSettings = {}, variables: NodeJS.ProcessEnv = process.env): Source[] {
  const parsed = environment.safeParse(variables);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = String(issue?.path[0]);
    throw new UserError(`The environment variable ${name} "${variables[name]}" ${issue?.message}.`, 2);
  }
  const { X_API_KEY, EXA_API_KEY, X_BASE_URL, EXA_BASE_URL, ARXIV_BASE_URL, X_AUTHORS } = parsed.data;
  const at = (base: string | null, otherwise: string) => (base ?? otherwise).replace(/\/$/, "");
  const patienceMs = settings.patienceMs ?? PATIENCE_MS;
  return [
    createXSource({
      key: X_API_KEY,
      origin: at(X_BASE_URL, X_ORIGIN),
      authors: handlesOf(settings.authors ?? X_AUTHORS?.split(",") ?? CURATED_AUTHORS),
      archive: settings.archive ?? "recent",
      patienceMs,
      // A server of one's own sets its own pace.
      ...(X_BASE_URL === null ? {} : { intervalMs: 0 }),
    }),
    createArxivSource({
      origin: at(ARXIV_BASE_URL, ARXIV_ORIGIN),
      patienceMs,
      intervalMs: ARXIV_BASE_URL === null ? ARXIV_INTERVAL_MS : 0,
    }),
    createExaSource({ key: EXA_API_KEY, origin: at(EXA_BASE_URL, EXA_ORIGIN), patienceMs }),
  ];
}

function handlesOf(authors: readonly string[]): string[] {
  return authors.map((author) => {
    const handle = author.trim().replace(/^@/, "");
    if (!/^\w{1,15}$/.test(handle)) {
      throw new UserError(`"${author}" is no handle on X: one has 1 to 15 letters, digits and underscores.`, 2);
    }
    return handle;
  });
}
