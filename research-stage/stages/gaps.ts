/** Stage 2: ideas that are discussed and not implemented, or could be combined. They cite retrieved records only. */

import { signature } from "@kevo/core/llm/signature.ts";
import { z } from "zod";
import { type Claim, type Gap, gap, type LiteratureSummary, type Outcome } from "../findings/findings.ts";
import { fit, MAX_CHARACTERS } from "../session/fit.ts";
import { ask, type Session } from "../session/session.ts";
import { FENCE_RULE, fence } from "../sources/defence/fence.ts";
import { putGaps } from "../store/provenance.ts";
import { claimLines } from "./claims.ts";
import { outcomeLines } from "./outcome.ts";
import { unknownIds } from "./summary.ts";

const findGaps = signature({
  name: "find_gaps",
  instructions: `You look for gaps in the literature that a faster compute kernel could fill.
${FENCE_RULE}
You see claims, each with its id in brackets, a summary of them, and what was measured in earlier rounds, if any. Name
at most six gaps: what is discussed and nobody implemented, what could be combined and was not, what nobody measured,
or a limitation that a kernel could remove. Each gap names the ids of the claims that show it. Take what was measured
seriously: do not propose again what failed, and go further where something worked.`,
  input: z.object({ domain: z.string(), claims: z.string(), summary: z.string(), measured: z.string() }),
  output: z.object({
    gaps: z
      .array(
        z.object({
          title: z.string().max(160),
          description: z.string().max(800),
          kind: gap.shape.kind,
          claims: z.array(z.string()).describe("Ids of the claims that show it"),
        }),
      )
      .max(6),
  }),
});

export const gapsFound = z.object({ gaps: z.array(gap), left_out: z.array(z.string()), dropped: z.int() });

export async function gapsStage(
  session: Session,
  round: number,
  given: { claims: readonly Claim[]; summary: LiteratureSummary; outcomes: readonly Outcome[] },
): Promise<z.infer<typeof gapsFound>> {
  const { domain } = session.options;
  const { claims, summary, outcomes } = given;
  const key = `${round}/gaps`;
  const found = await session.steps.step(
    { key, stage: "gaps", round, input: { domain, claims, summary, outcomes }, output: gapsFound },
    async () => {
      const shown = fit(claimLines(claims), MAX_CHARACTERS.claims);
      if (shown.included.length === 0) return { gaps: [], left_out: [], dropped: 0 };
      const { output } = await ask(session, {
        signature: findGaps,
        input: {
          domain,
          claims: fence(session.secret, key, "claims", shown.text),
          summary: fence(session.secret, key, "summary", summaryText(summary)),
          measured: outcomeLines(outcomes),
        },
        by: "reasoning",
        check: (answer) => unknownIds(shown.included, answer.gaps),
        unrepaired: "accept",
      });
      const recordOf = new Map(claims.map((one) => [one.id, one.record]));
      const supported = output.gaps.flatMap((one): Omit<Gap, "id">[] => {
        const cited = one.claims.filter((id) => shown.included.includes(id));
        const records = [...new Set(cited.flatMap((id) => recordOf.get(id) ?? []))];
        return cited.length === 0 ? [] : [{ ...one, claims: cited, records }];
      });
      const gaps = supported.map((one, at): Gap => ({ ...one, id: `gap-${round}-${at + 1}` }));
      return { gaps, left_out: [...shown.leftOut], dropped: output.gaps.length - gaps.length };
    },
  );
  putGaps(
    session.db,
    session.run,
    found.gaps.map(({ id, title, description }) => ({ id, round, title, description })),
    Object.fromEntries(found.gaps.map(({ id, records }) => [id, records])),
  );
  return found;
}

function summaryText({ research_gaps, open_problems, recent_trends }: LiteratureSummary): string {
  const list = (title: string, items: readonly { text: string }[]) =>
    items.length === 0 ? [] : [`${title}:`, ...items.map(({ text }) => `- ${text}`)];
  const lines = [
    ...list("Gaps", research_gaps),
    ...list("Open problems", open_problems),
    ...list("Trends", recent_trends),
  ];
  return lines.join("\n").slice(0, MAX_CHARACTERS.gaps);
}
