/**
 * Stage 1: from fetched text to claims. Each record is read in a separate call, so that a hostile one affects only
 * itself. The answer must fit a strict schema, the record must contain the quote of every claim word for word, and
 * nothing else of the text reaches a later stage.
 */

import { UserError } from "@kevo/core/errors/user-error.ts";
import { signature } from "@kevo/core/llm/signature.ts";
import { counted } from "@kevo/core/text/plural.ts";
import { z } from "zod";
import { type Claim, claim, type Incident, incident } from "../findings/findings.ts";
import type { Session } from "../session/session.ts";
import { findInjections } from "../sources/defence/detect.ts";
import { FENCE_RULE } from "../sources/defence/fence.ts";
import { every } from "../sources/every.ts";
import type { LiteratureRecord } from "../sources/literature.ts";
import { askAboutRecord } from "./ask-about-record.ts";
import { keywordsOf, overlap, quotes } from "./keywords.ts";

const extractClaims = signature({
  name: "extract_claims",
  instructions: `You read one source from a survey of the literature and take out what it claims.
${FENCE_RULE}
Give at most six claims that matter for the domain, each one plain sentence of your own about what the source says:
a method it describes, a result it measured, a problem it names, or something it proposes and does not show. With each,
quote the words of the source that say it, exactly as they stand there. Give none where the source has nothing to say.`,
  input: z.object({ domain: z.string(), source: z.string() }),
  output: z.object({
    claims: z
      .array(
        z.object({
          kind: z.enum(["method", "result", "problem", "proposal"]),
          text: z.string().max(300),
          quote: z.string().max(400),
        }),
      )
      .max(6),
  }),
});

const claimsFound = z.object({
  claims: z.array(claim),
  incidents: z.array(incident),
  /** Records that were not read, because others rank higher. */
  left_out: z.array(z.string()),
});
export type ClaimsFound = z.infer<typeof claimsFound>;

/** Most records that are read; each is a call. */
const MAX_READ = 60;

export async function claimsStage(session: Session, records: readonly LiteratureRecord[]): Promise<ClaimsFound> {
  const ranked = rank(session.options.domain, records);
  const read = ranked.slice(0, MAX_READ);
  const found = await every(read.map((record) => claimsOf(session, record)));
  const unanswered = found.flatMap(({ incidents }) => incidents.filter(({ kind }) => kind === "unanswered"));
  if (read.length > 0 && unanswered.length === read.length) {
    throw new UserError(
      `${session.fast.model} gave no usable answer for any of ${counted(read.length, "work")} (${unanswered[0]?.rule}). ` +
        "Start a run with another --fast-model",
    );
  }
  // In the order of the ranking, whichever answer came first.
  const claims = found.flatMap((one) => one.claims).map((one, at): Claim => ({ ...one, id: `c${at + 1}` }));
  return {
    claims,
    incidents: found.flatMap((one) => one.incidents),
    left_out: ranked.slice(MAX_READ).map(({ id }) => id),
  };
}

type Read = z.infer<typeof readRecord>;
const readRecord = z.object({ claims: z.array(claim.omit({ id: true })), incidents: z.array(incident) });

function claimsOf(session: Session, record: LiteratureRecord): Promise<Read> {
  const { domain } = session.options;
  const key = `claims/${record.id}`;
  return session.steps.step(
    { key, stage: "claims", round: 0, input: { domain, record }, output: readRecord },
    async () => {
      const input = (source: string) => ({ domain, source });
      const answer = await askAboutRecord(session, record, key, { signature: extractClaims, by: "fast", input });
      if ("why" in answer) {
        const action = "the record was omitted";
        const told = { record: record.id, post: null, excerpt: answer.why, action };
        return { claims: [], incidents: [{ kind: "unanswered", rule: answer.kind, ...told }] };
      }
      return screen(record, answer.output.claims);
    },
  );
}

/** The claims of an answer that its record supports. Exported for tests. */
export function screen(
  record: LiteratureRecord,
  answered: readonly { readonly kind: Claim["kind"]; readonly text: string; readonly quote: string }[],
): Read {
  const incidents: Incident[] = [];
  const refuse = (kind: Incident["kind"], rule: string, excerpt: string) => {
    const action = "the claim was dropped";
    incidents.push({ kind, record: record.id, post: null, rule, excerpt: excerpt.slice(0, 240), action });
    return [];
  };
  const whole = `${record.title ?? ""}\n${record.text}`;
  const claims = answered.flatMap(({ kind, text, quote }) => {
    if (!quotes(whole, quote)) return refuse("unsupported", "quote", quote);
    const found = findInjections(`${text}\n${quote}`)[0];
    if (found !== undefined) return refuse("suspicious", found.rule, found.excerpt);
    return [{ record: record.id, kind, text: text.replace(/\s+/g, " ").trim(), quote }];
  });
  return { claims, incidents };
}

/** By words shared with the domain, then the newer. */
export function rank<T extends LiteratureRecord>(domain: string, records: readonly T[]): T[] {
  const wanted = keywordsOf(domain);
  const weighed = records.map((record) => ({
    record,
    weight: overlap(wanted, `${record.title ?? ""} ${record.text}`),
  }));
  return weighed
    .sort(
      (a, b) =>
        b.weight - a.weight ||
        compare(b.record.published_at ?? "", a.record.published_at ?? "") ||
        compare(a.record.id, b.record.id),
    )
    .map(({ record }) => record);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Claims as a prompt shows them; no text of the records but this. */
export function claimLines(claims: readonly Claim[]): { id: string; text: string }[] {
  return claims.map(({ id, record, kind, text }) => ({ id, text: `[${id}] (${kind}, ${record}) ${text}` }));
}
