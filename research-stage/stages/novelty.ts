/**
 * Stage 4: searches every claim of an idea again. A model reads each work found, alone, and says how it relates, with a
 * quote that the work must contain. A rule draws the verdict from that, never a model, so that no fetched text can
 * pronounce it. A failed search gives no verdict.
 */

import { signature } from "@kevo/core/llm/signature.ts";
import { z } from "zod";
import { type Idea, type Incident, incident, type Novelty, nearestWork, novelty } from "../findings/findings.ts";
import type { Session } from "../session/session.ts";
import { findInjections } from "../sources/defence/detect.ts";
import { FENCE_RULE } from "../sources/defence/fence.ts";
import { every } from "../sources/every.ts";
import type { LiteratureRecord } from "../sources/literature.ts";
import { type SurveyResult, surveyResult } from "../sources/survey.ts";
import { setVerdict } from "../store/provenance.ts";
import { askAboutRecord } from "./ask-about-record.ts";
import { rank } from "./claims.ts";
import { keywordsOf, overlap, quotes } from "./keywords.ts";
import { remember, search, setAside } from "./survey.ts";

const compareWork = signature({
  name: "compare_work",
  instructions: `You judge whether one published work already contains what somebody claims to be new.
${FENCE_RULE}
Compare the claim with the source. Quote the words of the source that come nearest to the claim, exactly as they stand
there. Say what overlaps and what differs. The relation is "same" only where the source describes the claim itself,
"partial" where it describes a part or a close relative, and "different" otherwise.`,
  input: z.object({ claim: z.string(), source: z.string() }),
  output: z.object({
    quote: z.string().max(400),
    overlap: z.string().max(300),
    difference: z.string().max(300),
    relation: nearestWork.shape.relation,
  }),
});

/** Where prior work is looked for. */
const SEARCHED = ["arxiv", "exa"];
/** Records of each search, and works compared with each claim. */
const WANTED = 6;
const COMPARED = 3;

const claimChecked = z.object({ nearest: z.array(nearestWork), incidents: z.array(incident) });
type ClaimChecked = z.infer<typeof claimChecked>;

export interface NoveltyFound {
  readonly novelty: Novelty;
  readonly incidents: readonly Incident[];
}

export async function noveltyStage(session: Session, round: number, one: Idea): Promise<NoveltyFound> {
  const sources = session.sources.filter(({ name }) => SEARCHED.includes(name));
  const searches: { claim: string; found: SurveyResult }[] = [];
  const checked: ClaimChecked[] = [];
  const incidents: Incident[] = [];
  for (const [at, claim] of one.claims_to_check.entries()) {
    const key = `${round}/novelty/${one.id}/${at + 1}`;
    const query = {
      text: claim,
      since: null,
      until: session.options.until,
      maxResults: WANTED,
      purpose: "novelty" as const,
    };
    const found = await session.steps.step(
      {
        key: `${key}/search`,
        stage: "novelty",
        round,
        input: { query, sources: sources.map(({ name }) => name) },
        output: surveyResult,
        costOf: ({ cost_usd }) => cost_usd,
      },
      () => search(session, sources, query),
    );
    remember(session, found);
    const { clean, incidents: aside } = setAside(found);
    incidents.push(...aside);
    searches.push({ claim, found });
    const works = rank(claim, clean).slice(0, COMPARED);
    checked.push(...(await every(works.map((work) => compare(session, round, key, claim, work)))));
  }
  const nearest = checked.flatMap((of) => of.nearest);
  const unread = checked.flatMap((of) => of.incidents).filter(({ kind }) => kind === "unanswered").length;
  const result: Novelty = { idea: one.id, ...verdictOf(one.claims_to_check, searches, nearest, unread), nearest };
  setVerdict(session.db, session.run, one.id, result.verdict);
  return { novelty: novelty.parse(result), incidents: [...incidents, ...checked.flatMap((of) => of.incidents)] };
}

function compare(
  session: Session,
  round: number,
  key: string,
  claim: string,
  work: LiteratureRecord,
): Promise<ClaimChecked> {
  const call = `${key}/${work.id}`;
  return session.steps.step(
    { key: call, stage: "novelty", round, input: { claim, work }, output: claimChecked },
    async () => {
      const input = (source: string) => ({ claim, source });
      const answer = await askAboutRecord(session, work, call, { signature: compareWork, by: "reasoning", input });
      const dropped = { record: work.id, post: null, action: "the comparison was dropped" };
      if ("why" in answer) {
        return { nearest: [], incidents: [{ kind: "unanswered", rule: answer.kind, excerpt: answer.why, ...dropped }] };
      }
      const { output } = answer;
      const refused = wrongWith(claim, work, output);
      if (refused !== null) return { nearest: [], incidents: [{ ...refused, ...dropped }] };
      const about = { record: work.id, title: work.title ?? work.url, url: work.url, claim };
      return { nearest: [{ ...about, ...output }], incidents: [] };
    },
  );
}

/** A work that has the claim has its words: at least this share of them in the quote. */
const MIN_OVERLAP = 0.3;

/** Why a comparison is worthless; null for a valid one. Exported for tests. */
export function wrongWith(
  claim: string,
  work: LiteratureRecord,
  said: Pick<Novelty["nearest"][number], "quote" | "overlap" | "difference" | "relation">,
): Pick<Incident, "kind" | "rule" | "excerpt"> | null {
  const excerpt = said.quote.slice(0, 240);
  if (!quotes(`${work.title ?? ""}\n${work.text}`, said.quote)) return { kind: "unsupported", rule: "quote", excerpt };
  const order = findInjections(`${said.quote}\n${said.overlap}\n${said.difference}`)[0];
  if (order !== undefined) return { kind: "suspicious", ...order };
  const same = said.relation !== "same" || overlap(keywordsOf(claim), said.quote) >= MIN_OVERLAP;
  return same ? null : { kind: "unsupported", rule: "relation", excerpt };
}

/**
 * Not novel where any claim is there already. Novel only where every claim was looked for with an answer. Everything
 * else is insufficient evidence. Exported for tests.
 * @param unread comparisons with works that were found, to which the model gave no answer
 */
export function verdictOf(
  claims: readonly string[],
  searches: readonly { readonly claim: string; readonly found: SurveyResult }[],
  nearest: readonly Novelty["nearest"][number][],
  unread = 0,
): Pick<Novelty, "verdict" | "reason" | "coverage" | "cost_usd"> {
  const coverage = searches.flatMap(({ claim, found }) =>
    found.sources.map(({ source, status, reason, items, coverage: how }) => {
      return { claim, source, status, reason, found: items.length, coverage: how };
    }),
  );
  const told = { coverage, cost_usd: searches.reduce((sum, { found }) => sum + found.cost_usd, 0) };
  const same = nearest.find(({ relation }) => relation === "same");
  if (same !== undefined) {
    return { ...told, verdict: "not_novel", reason: `${same.record} has it already: “${same.claim}”` };
  }
  const blind = claims.filter((claim) => {
    const of = coverage.filter((one) => one.claim === claim);
    return of.length === 0 || of.some(({ status }) => status === "failed" || status === "skipped");
  });
  if (blind.length > 0) {
    const down = [...new Set(coverage.filter(({ status }) => status !== "ok").map(({ source }) => source))].join(", ");
    return {
      ...told,
      verdict: "insufficient_evidence",
      reason: `${down === "" ? "no source" : down} could not be searched for ${blind.length} of ${claims.length} claims`,
    };
  }
  if (unread > 0) {
    const reason = `the model gave no answer to ${unread} comparisons with works that were found`;
    return { ...told, verdict: "insufficient_evidence", reason };
  }
  const looked = coverage.reduce((sum, { found }) => sum + found, 0);
  return { ...told, verdict: "novel", reason: `none of ${looked} works found for ${claims.length} claims has it` };
}
