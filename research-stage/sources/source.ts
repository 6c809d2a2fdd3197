/**
 * A source of literature. It answers every question, also when it could not search: "found nothing" (`ok`, no items)
 * and "could not search" (`failed`, `skipped`) are different answers, and the judge of novelty must know which.
 * `docs/sources.md` shows how to add one.
 */
import { z } from "zod";
import type { Exchange, Transport } from "../recording/transport.ts";
import { literatureRecord } from "./literature.ts";
import type { SpendLimit } from "./spend-limit.ts";

export interface SourceQuery {
  /** A few technical words, or a sentence; each source makes its own syntax of it. */
  readonly text: string;
  /** ISO dates (2026-01-15), both included; null: no limit. They come from the run, never from the clock. */
  readonly since: string | null;
  readonly until: string | null;
  /** Records wanted at most. Sources that are paid by the item ask for no more. */
  readonly maxResults: number;
  /** Novelty asks for papers and pages alone. */
  readonly purpose: "survey" | "novelty";
}

export interface SourceContext {
  /** The only way to the network: cached, recorded or replayed. */
  readonly transport: Transport;
  /** The source's own dollars. */
  readonly spendLimit: SpendLimit;
  readonly signal?: AbortSignal | undefined;
  /** Told what takes long, such as a wait for a rate limit. */
  readonly onNote?: ((note: string) => void) | undefined;
}

export const STATUSES = ["ok", "partial", "failed", "skipped"] as const;

/** How far the source looked, so that a verdict can say what it rests on. */
export const coverage = z.object({
  /** The question as it was sent, in the service's syntax; null where none was sent. */
  asked: z.string().nullable(),
  /** Time that was searched; null: all of it. */
  from: z.string().nullable(),
  to: z.string().nullable(),
  /** How many the service says there are; null where it does not say. */
  available: z.number().int().nonnegative().nullable(),
  /** How many the service returned, before records were made of them. */
  returned: z.number().int().nonnegative(),
  /** Describes what was not looked at. */
  limits: z.array(z.string()),
});
export type Coverage = z.infer<typeof coverage>;

export const sourceResult = z.object({
  source: z.string(),
  /**
   * `ok`: looked, this is all that was asked for. `partial`: looked, and something is missing, `reason` says what.
   * `failed`: could not look. `skipped`: did not try (no key, off after a refusal, no money left).
   */
  status: z.enum(STATUSES),
  /** One sentence for people; null only where the status is ok. */
  reason: z.string().nullable(),
  items: z.array(literatureRecord),
  /**
   * Dollars that this run paid for the search, in this session or an earlier one. Answers from the cache cost
   * nothing; a replay repeats the recorded figure.
   */
  cost_usd: z.number().nonnegative(),
  /** Requests that the run paid for so, free services included. */
  calls: z.number().int().nonnegative(),
  coverage,
});
export type SourceResult = z.infer<typeof sourceResult>;

export interface Source {
  /** Short and stable, such as `arxiv`; part of every record that it found. */
  readonly name: string;
  /** Most that one search can cost, dollars. */
  estimate(query: SourceQuery): number;
  /**
   * Never throws for what the service does: that is a `failed` result.
   * @throws the signal's reason when aborted; UserError when a replay asks what was not recorded.
   */
  search(query: SourceQuery, context: SourceContext): Promise<SourceResult>;
}

/** The options of every source of a network service. */
export interface ServiceOptions {
  readonly origin: string;
  /** Longest wait for rate limits and outages in one search, milliseconds. */
  readonly retryBudgetMs: number;
  /** Longest that one answer may take, milliseconds; the source's own limit where undefined. */
  readonly timeoutMs?: number;
}

const DAY_MS = 86_400_000;

/** For `Service.fresh`: an answer is as good as a new one for a day. */
export function freshForADay(recordedAt: number, now: number): boolean {
  return now - recordedAt < DAY_MS;
}

export const NOTHING_ASKED: Coverage = {
  asked: null,
  from: null,
  to: null,
  available: null,
  returned: 0,
  limits: [],
};

/** A result without items. */
export function without(
  source: string,
  status: "failed" | "skipped",
  reason: string,
  about: { readonly exchanges?: readonly Exchange[]; readonly coverage?: Coverage } = {},
): SourceResult {
  const calls = (about.exchanges ?? []).filter(({ paid }) => paid).length;
  return { source, status, reason, items: [], cost_usd: 0, calls, coverage: about.coverage ?? NOTHING_ASKED };
}
