/**
 * The seven stages in order, each step stored: survey, gaps, ideas, novelty, implementation, optimisation, report.
 * Rounds after the first take what was measured as input. Nothing here reads the clock or draws numbers, so the same
 * answers and measurements give the same report.
 */

import { UserError } from "@kevo/core/errors/user-error.ts";
import { counted } from "@kevo/core/text/plural.ts";
import type { Idea, Implementation, Incident, Novelty, Optimisation, Outcome } from "../findings/findings.ts";
import type { Findings, Round } from "../findings/findings-of-run.ts";
import type { Session } from "../session/session.ts";
import { claimsStage } from "../stages/claims.ts";
import { gapsStage } from "../stages/gaps.ts";
import { ideasStage } from "../stages/ideas.ts";
import { implementationStage } from "../stages/implementation.ts";
import { noveltyStage } from "../stages/novelty.ts";
import { optimisationStage } from "../stages/optimisation.ts";
import { FEASIBLE, outcomeOf } from "../stages/outcome.ts";
import { summaryStage } from "../stages/summary.ts";
import { nothingRead, setAside, surveyStage } from "../stages/survey.ts";

/** @param found is filled stage by stage, so that a partial result can be reported when a stage throws. */
export async function research(session: Session, found: Findings): Promise<void> {
  const { options, say } = session;
  say(`1 survey: ${session.sources.map(({ name }) => name).join(", ")}`);
  found.survey = await surveyStage(session);
  for (const { source, status, reason, items } of found.survey.sources) {
    say(`  ${source}: ${status}, ${items.length} found${reason === null ? "" : `; ${reason}`}`);
  }
  const nothing = nothingRead(found.survey);
  if (nothing !== null) throw new UserError(nothing);
  const { clean, incidents } = setAside(found.survey);
  found.incidents.push(...incidents);
  const { claims, incidents: screened, left_out } = await claimsStage(session, clean);
  found.incidents.push(...screened);
  found.claims = claims;
  found.leftOut.push(...left_out.map((id) => `record ${id} was not read: others rank higher`));
  const summarised = await summaryStage(session, claims, clean);
  found.summary = summarised.summary;
  found.leftOut.push(...summarised.left_out.map((id) => `claim ${id} did not fit into the summary's prompt`));

  for (let number = 1; number <= options.rounds; number++) {
    found.rounds.push(emptyRound(number));
    await oneRound(session, found, found.rounds.at(-1) as Round);
  }
}

async function oneRound(session: Session, found: Findings, round: Round): Promise<void> {
  const { options, say } = session;
  const { number } = round;
  const earlier = found.rounds.flatMap(({ outcomes }) => outcomes);
  const of = options.rounds > 1 ? ` (round ${number} of ${options.rounds})` : "";
  say(`2 gaps${of}`);
  const { claims, summary } = found;
  const gaps = await gapsStage(session, number, { claims, summary, outcomes: earlier });
  round.gaps = gaps.gaps;
  found.leftOut.push(...gaps.left_out.map((id) => `claim ${id} did not fit into the prompt for gaps`));

  say(`3 ideas${of}: from ${counted(gaps.gaps.length, "gap")}`);
  round.ideas = (await ideasStage(session, number, { gaps: gaps.gaps, outcomes: earlier })).ideas;

  say(`4 novelty${of}: of ${counted(round.ideas.length, "idea")}`);
  for (const one of round.ideas) {
    const { novelty, incidents } = await noveltyStage(session, number, one);
    round.novelty.push(novelty);
    found.incidents.push(...incidents.filter((incident) => !found.incidents.some((known) => same(known, incident))));
    say(`  ${one.id}: ${novelty.verdict.replaceAll("_", " ")}; ${one.title}`);
  }
  if (options.goal === "run") await build(session, round);
  round.outcomes = round.ideas.map((one) =>
    outcomeOf(
      one,
      round.novelty.find(({ idea }) => idea === one.id),
      round.implementations.find(({ idea }) => idea === one.id),
      round.optimisations.find(({ idea }) => idea === one.id),
    ),
  );
}

async function build(session: Session, round: Round): Promise<void> {
  const chosen = worthTrying(round.ideas, round.novelty, session.options.implement);
  session.say(`5 implementation and 6 optimisation: ${chosen.length} of ${counted(round.ideas.length, "idea")}`);
  for (const one of chosen) {
    const library = session.library.kernels.find(({ definition }) => definition.id === one.base_kernel);
    if (library === undefined) continue;
    const made = await implementationStage(session, round.number, one, library);
    round.implementations.push(made);
    if (made.status !== "ok" || made.hash === null) continue;
    round.optimisations.push(await optimisationStage(session, round.number, { ...made, hash: made.hash }, library));
  }
}

/** Novel and feasible, the most feasible first. */
export function worthTrying(ideas: readonly Idea[], verdicts: readonly Novelty[], most: number): Idea[] {
  const novel = new Set(verdicts.filter(({ verdict }) => verdict === "novel").map(({ idea }) => idea));
  return ideas
    .filter(({ id, feasibility_score }) => novel.has(id) && feasibility_score >= FEASIBLE)
    .sort((a, b) => b.feasibility_score - a.feasibility_score)
    .slice(0, most);
}

function same(a: Incident, b: Incident): boolean {
  return a.record === b.record && a.post === b.post && a.rule === b.rule && a.excerpt === b.excerpt;
}

function emptyRound(number: number): Round {
  const none = { gaps: [], ideas: [], novelty: [], outcomes: [] as Outcome[] };
  return { number, ...none, implementations: [] as Implementation[], optimisations: [] as Optimisation[] };
}
