/** Stage 1, first half: every source is asked at once; what they found is stored, for citations and provenance. */

import type { Incident } from "../findings/findings.ts";
import type { Session } from "../session/session.ts";
import type { SourceQuery } from "../sources/source.ts";
import { createSpendLimit } from "../sources/spend-limit.ts";
import { type SurveyResult, survey, surveyResult } from "../sources/survey.ts";
import { putRecords } from "../store/provenance.ts";
import { forgetExchanges, spentOf } from "../store/store.ts";

/** No source takes more than this share of the run's dollars. */
const SHARE = 0.3;

export async function surveyStage(session: Session): Promise<SurveyResult> {
  const { options, steps } = session;
  const query: SourceQuery = {
    text: options.domain,
    since: options.since,
    until: options.until,
    maxResults: options.max_results,
    purpose: "survey",
  };
  const names = session.sources.map(({ name }) => name);
  const found = await steps.step(
    {
      key: "survey",
      stage: "survey",
      round: 0,
      input: { query, names },
      output: surveyResult,
      costOf: ({ cost_usd }) => cost_usd,
      faultOf: nothingRead,
    },
    () => search(session, session.sources, query),
  );
  // Refusals are not part of the survey that a later session makes, nor of its recording. Paid calls stay.
  if (nothingRead(found) !== null && found.cost_usd === 0) forgetExchanges(session.db, session.run);
  remember(session, found);
  return found;
}

/** Why the run cannot continue, with advice; null where works were found, or all sources searched and found none. */
export function nothingRead({ status, sources, records }: SurveyResult): string | null {
  if (records.length > 0 || status === "ok") return null;
  const of = sources.map(({ source, status: how, reason }) =>
    how === "ok" ? `${source} found nothing` : `${source} ${how} (${reason})`,
  );
  return `No literature was found: ${of.join("; ")}. Fix this, then resume the run`;
}

/** Asks some of the sources, each within the rest of its limit. */
export function search(session: Session, sources: Session["sources"], query: SourceQuery): Promise<SurveyResult> {
  return survey(sources, query, {
    transport: session.transport,
    spendLimitOf: session.spendLimitOf,
    signal: session.signal,
    onNote: session.say,
  });
}

/** The rest of the run's dollars for one source, for one search. */
export function spendLimitOf(db: Session["db"], run: string, budgetUsd: number) {
  return () => {
    const { sources, models } = spentOf(db, run);
    return createSpendLimit(Math.max(0, Math.min(budgetUsd * SHARE, budgetUsd - sources - models)));
  };
}

/** Stores records, so that they can be cited. */
export function remember(session: Session, { records }: SurveyResult): void {
  putRecords(
    session.db,
    session.run,
    records.map((record) => ({
      id: record.id,
      kind: record.kind,
      title: record.title,
      url: record.url,
      sources: record.sources.join(","),
      publishedAt: record.published_at,
      suspicious: record.suspicions.length > 0,
    })),
    records.flatMap((record) =>
      record.kind !== "thread"
        ? []
        : record.thread.posts.map((post) => ({
            id: post.id,
            record: record.id,
            author: record.thread.author ?? record.thread.author_id,
            createdAt: post.created_at,
            text: post.text,
          })),
    ),
  );
}

/** Records that read like an attack go to no model at all; a person finds them in the report. */
export function setAside({ records }: SurveyResult): { clean: SurveyResult["records"]; incidents: Incident[] } {
  const incidents = records.flatMap(({ suspicions }) =>
    suspicions.map(
      ({ record, post, rule, excerpt }): Incident => ({
        kind: "suspicious",
        record,
        post,
        rule,
        excerpt,
        action: "no model saw the record",
      }),
    ),
  );
  const seen = new Set<string>();
  const once = incidents.filter(({ record, post, rule, excerpt }) => {
    const key = [record, post, rule, excerpt].join("\n");
    return seen.has(key) ? false : seen.add(key) !== undefined;
  });
  return { clean: records.filter(({ suspicions }) => suspicions.length === 0), incidents: once };
}
