/** Stage 1, second half: the literature summary, each statement with the ids that support it. */
import { signature } from "@kevo/core/llm/signature.ts";
import { z } from "zod";
import { type Claim, type LiteratureSummary, literatureSummary } from "../findings/findings.ts";
import { fit, MAX_CHARACTERS } from "../session/fit.ts";
import { ask, type Session } from "../session/session.ts";
import { FENCE_RULE, fence } from "../sources/defence/fence.ts";
import type { LiteratureRecord } from "../sources/literature.ts";
import { claimLines } from "./claims.ts";

const statement = z.object({
  text: z.string().max(400),
  claims: z.array(z.string()).describe("Ids of the claims that support it, such as c3"),
});

const summarise = signature({
  name: "summarise_literature",
  instructions: `You summarise a survey of the literature for an engineer who writes compute kernels.
${FENCE_RULE}
You see claims that were taken from papers and from discussions, each with its id in brackets. Say which papers matter
most and why, what nobody has done although it is discussed, which problems are open, and what is new. Every statement
names the ids of the claims that support it; say nothing that no claim supports.`,
  input: z.object({ domain: z.string(), claims: z.string() }),
  output: z.object({
    key_papers: z
      .array(
        z.object({ why: z.string().max(300), claims: z.array(z.string()).describe("Ids of claims of that paper") }),
      )
      .max(8),
    research_gaps: z.array(statement).max(8),
    open_problems: z.array(statement).max(8),
    recent_trends: z.array(statement).max(8),
  }),
});

export const summarised = z.object({
  summary: literatureSummary,
  /** Claims that did not fit into the prompt. */
  left_out: z.array(z.string()),
  /** Statements that named no claim of the survey. */
  dropped: z.int(),
});

export function summaryStage(
  session: Session,
  claims: readonly Claim[],
  records: readonly LiteratureRecord[],
): Promise<z.infer<typeof summarised>> {
  const { domain } = session.options;
  return session.steps.step(
    { key: "summary", stage: "summary", round: 0, input: { domain, claims }, output: summarised },
    async () => {
      const shown = fit(claimLines(claims), MAX_CHARACTERS.claims);
      if (shown.included.length === 0) {
        return { summary: empty(domain, records), left_out: [], dropped: 0 };
      }
      const { output } = await ask(session, {
        signature: summarise,
        input: { domain, claims: fence(session.secret, "summary", "claims", shown.text) },
        by: "fast",
        check: (answer) => unknownIds(shown.included, Object.values(answer).flat()),
        unrepaired: "accept",
      });
      const known = new Map(claims.map((one) => [one.id, one]));
      const titles = new Map(records.map((one) => [one.id, one]));
      let dropped = 0;
      const support = (ids: readonly string[]) => ids.filter((id) => shown.included.includes(id));
      const recordsOf = (ids: readonly string[]) => [...new Set(ids.flatMap((id) => known.get(id)?.record ?? []))];
      const kept = (list: readonly z.infer<typeof statement>[]) =>
        list.flatMap(({ text, claims: cited }) => {
          const ids = support(cited);
          if (ids.length === 0) dropped++;
          return ids.length === 0 ? [] : [{ text, claims: ids, records: recordsOf(ids) }];
        });
      const papers = output.key_papers.flatMap(({ why, claims: cited }) => {
        const record = titles.get(recordsOf(support(cited))[0] ?? "");
        if (record === undefined) dropped++;
        return record === undefined
          ? []
          : [{ record: record.id, title: record.title ?? record.url, url: record.url, why }];
      });
      const summary: LiteratureSummary = {
        ...empty(domain, records),
        key_papers: papers,
        research_gaps: kept(output.research_gaps),
        open_problems: kept(output.open_problems),
        recent_trends: kept(output.recent_trends),
      };
      return { summary, left_out: [...shown.leftOut], dropped };
    },
  );
}

function empty(domain: string, records: readonly LiteratureRecord[]): LiteratureSummary {
  const threads = records.flatMap((record) => (record.kind === "thread" ? [record.thread] : []));
  const nothing = { key_papers: [], research_gaps: [], open_problems: [], recent_trends: [] };
  return { domain, x_threads: threads, ...nothing };
}

/** Complaints about citations of what was not shown. */
export function unknownIds(
  shown: readonly string[],
  items: readonly { readonly claims: readonly string[] }[],
): string[] {
  return items.flatMap(({ claims }, at) => {
    const unknown = claims.filter((id) => !shown.includes(id));
    if (unknown.length > 0)
      return [`item ${at + 1} cites ${unknown.join(", ")}, which is no claim that you were shown`];
    return claims.length === 0 ? [`item ${at + 1} cites no claim`] : [];
  });
}
