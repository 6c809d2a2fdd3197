/** Asks all sources at the same time, each with its own spend limit; a failing one does not stop the rest. */
import { z } from "zod";
import type { Transport } from "../recording/transport.ts";
import { every } from "./every.ts";
import { type LiteratureRecord, literatureRecord } from "./literature.ts";
import { mergeRecords } from "./merge.ts";
import { type Source, type SourceQuery, STATUSES, sourceResult } from "./source.ts";
import type { SpendLimit } from "./spend-limit.ts";

export const surveyResult = z.object({
  /** `ok` only where every source is; `failed` where none could look. */
  status: z.enum(STATUSES),
  /** Each source's answer; its items are what it found itself, before merging. */
  sources: z.array(sourceResult),
  /** Merged across sources by arXiv id, DOI and canonical URL. */
  records: z.array(literatureRecord),
  cost_usd: z.number().nonnegative(),
});
export type SurveyResult = z.infer<typeof surveyResult>;

export interface SurveyContext {
  readonly transport: Transport;
  /** The dollars of a source, by its name. */
  spendLimitOf(source: string): SpendLimit;
  readonly signal?: AbortSignal | undefined;
  readonly onNote?: ((note: string) => void) | undefined;
}

/** @throws as `Source.search` does. */
export async function survey(
  sources: readonly Source[],
  query: SourceQuery,
  { transport, spendLimitOf, signal, onNote }: SurveyContext,
): Promise<SurveyResult> {
  const results = await every(
    sources.map((source) => source.search(query, { transport, spendLimit: spendLimitOf(source.name), signal, onNote })),
  );
  return {
    status: overall(results.map(({ status }) => status)),
    sources: results,
    records: mergeRecords(results.flatMap(({ items }): LiteratureRecord[] => items)),
    cost_usd: results.reduce((sum, { cost_usd }) => sum + cost_usd, 0),
  };
}

/** Two sources of three down is partial; all down is failed; none asked is skipped. */
export function overall(statuses: readonly (typeof STATUSES)[number][]): (typeof STATUSES)[number] {
  if (statuses.every((status) => status === "skipped")) return "skipped";
  if (statuses.every((status) => status === "ok")) return "ok";
  return statuses.some((status) => status === "ok" || status === "partial") ? "partial" : "failed";
}
