/** Stage 3: ideas that answer gaps, each with a configuration space and what must be new for it to be new. */

import { signature } from "@kevo/core/llm/signature.ts";
import { z } from "zod";
import { type Gap, type Idea, idea, ideaParameter, type Outcome } from "../findings/findings.ts";
import { fit, MAX_CHARACTERS } from "../session/fit.ts";
import { libraryLines } from "../session/library.ts";
import { ask, type Session } from "../session/session.ts";
import { putIdeas } from "../store/provenance.ts";
import { outcomeLines } from "./outcome.ts";

const proposeIdeas = signature({
  name: "propose_ideas",
  instructions: `You propose ideas for faster compute kernels that answer gaps in the literature. Each idea builds upon
one kernel of the library, whose reference and workloads judge it, so it computes the same answer in another way. Say
what is new, sketch the implementation so that an engineer could write it, say what you expect to be measured, and be
honest about risk: feasibility is your probability, 0 to 1, that a correct kernel comes of it and that evolution makes
it faster than its first version. List the parameters that evolution shall choose among, and one to three short claims
that must hold for the idea to be new; they are searched for as they stand.`,
  input: z.object({
    domain: z.string(),
    constraints: z.string(),
    count: z.string(),
    gaps: z.string(),
    library: z.string(),
    measured: z.string(),
  }),
  output: z.object({
    ideas: z
      .array(
        z.object({
          title: z.string().max(160),
          description: z.string().max(1200),
          novelty: z.string().max(600),
          implementation_sketch: z.string().max(2000),
          expected_outcome: z.string().max(400),
          risk_level: idea.shape.risk_level,
          configuration_space: z.array(ideaParameter).max(24),
          feasibility_score: z.number().min(0).max(1),
          novelty_score: z.number().min(0).max(1),
          gaps: z.array(z.string()).describe("Ids of the gaps that it answers"),
          base_kernel: z.string().describe("Id of a kernel of the library"),
          claims_to_check: z.array(z.string().max(200)).min(1).max(3),
        }),
      )
      .max(12),
  }),
});

export const ideasFound = z.object({ ideas: z.array(idea), dropped: z.int() });

export async function ideasStage(
  session: Session,
  round: number,
  given: { gaps: readonly Gap[]; outcomes: readonly Outcome[] },
): Promise<z.infer<typeof ideasFound>> {
  const { domain, constraints, ideas: count } = session.options;
  const { gaps, outcomes } = given;
  const { kernels } = session.library;
  const input = { domain, constraints, count, gaps, kernels: kernels.map(({ definition }) => definition.id), outcomes };
  const found = await session.steps.step(
    { key: `${round}/ideas`, stage: "ideas", round, input, output: ideasFound },
    async () => {
      if (gaps.length === 0) return { ideas: [], dropped: 0 };
      const lines = gaps.map(({ id, title, description }) => ({ id, text: `[${id}] ${title}: ${description}` }));
      const shown = fit(lines, MAX_CHARACTERS.gaps);
      const known = { gaps: shown.included, kernels: input.kernels };
      const { output } = await ask(session, {
        signature: proposeIdeas,
        input: {
          domain,
          constraints: constraints === "" ? "none" : constraints,
          count: String(count),
          gaps: shown.text,
          library: libraryLines(kernels),
          measured: outcomeLines(outcomes),
        },
        by: "reasoning",
        maxTokens: 16_384,
        check: (answer) => answer.ideas.flatMap((one, at) => troubles(one, at, known)),
        unrepaired: "accept",
      });
      const usable = output.ideas
        .map((one) => ({ ...one, gaps: one.gaps.filter((id) => known.gaps.includes(id)) }))
        .filter((one) => one.gaps.length > 0 && known.kernels.includes(one.base_kernel))
        .slice(0, count);
      const ideas = usable.map((one, at): Idea => ({ ...one, id: `idea-${round}-${at + 1}` }));
      return { ideas, dropped: output.ideas.length - ideas.length };
    },
  );
  putIdeas(
    session.db,
    session.run,
    found.ideas.map(({ id, title, description, feasibility_score, novelty_score }) => {
      return { id, round, title, description, feasibility: feasibility_score, novelty: novelty_score };
    }),
    Object.fromEntries(found.ideas.map(({ id, gaps: answered }) => [id, answered])),
  );
  return found;
}

function troubles(
  one: { readonly gaps: readonly string[]; readonly base_kernel: string },
  at: number,
  known: { readonly gaps: readonly string[]; readonly kernels: readonly string[] },
): string[] {
  const unknown = one.gaps.filter((id) => !known.gaps.includes(id));
  return [
    ...(one.gaps.length === 0 ? [`idea ${at + 1} answers no gap`] : []),
    ...(unknown.length > 0 ? [`idea ${at + 1} names ${unknown.join(", ")}, which is no gap that you were shown`] : []),
    ...(known.kernels.includes(one.base_kernel)
      ? []
      : [`idea ${at + 1} builds upon ${one.base_kernel}; the library has ${known.kernels.join(", ")}`]),
  ];
}
