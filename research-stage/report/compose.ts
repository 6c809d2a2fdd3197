/** The report of a run, in order: survey, gaps, ideas, novelty, code, measurements, spend, injections. */

import { counted } from "@kevo/core/text/plural.ts";
import type { Idea, LiteratureSummary, Novelty } from "../findings/findings.ts";
import { bestOf, type Findings, type Round } from "../findings/findings-of-run.ts";
import type { ResearchOptions } from "../session/options.ts";
import { calibrationOf } from "../stages/outcome.ts";
import { type Block, heading, list, paragraph, table } from "./blocks.ts";
import { builtBlocks } from "./built.ts";
import { type Spend, spendBlocks } from "./spend.ts";

export interface ReportParts {
  readonly run: string;
  /** ISO date of the run's start. */
  readonly date: string;
  readonly options: ResearchOptions;
  readonly found: Findings;
  readonly spend: Spend;
  /** Why the run ended before its end; null where it did not. */
  readonly stopped: string | null;
  /** Where the package lies, relative to the report. */
  readonly packaged: string | null;
}

const SYNTHETIC =
  "Synthetic demonstration: posts, papers and model answers are invented. The measurements are real and come from the machine named beside them.";

export function composeReport(parts: ReportParts): Block[] {
  const { run, date, options, found, spend, stopped, packaged } = parts;
  const notices = [
    ...(options.synthetic ? [SYNTHETIC] : []),
    ...(stopped === null ? [] : [`Incomplete: ${stopped}`]),
    ...surveyNotice(found),
  ];
  return [
    heading(1, `Research on ${options.domain}`),
    ...notices.map((text): Block => ({ kind: "notice", text })),
    paragraph(`Run ${run}, begun ${date}, ${counted(options.rounds, "round")}, backend ${options.backend}.`),
    ...resultBlocks(found, packaged),
    ...surveyBlocks(found),
    ...summaryBlocks(found),
    ...found.rounds.flatMap((round) => roundBlocks(round, options, found)),
    ...lessonBlocks(found),
    ...spendBlocks(spend),
    ...injectionBlocks(found),
    ...leftOutBlocks(found),
  ];
}

function surveyNotice({ survey }: Findings): string[] {
  if (survey === null || survey.status === "ok") return [];
  const down = survey.sources.filter(({ status }) => status !== "ok");
  const statuses = down.map(({ source, status }) => `${source} ${status}`).join(", ");
  if (survey.records.length === 0) return [`Survey ${survey.status}: ${statuses}. Nothing was read.`];
  return [`Partial survey: ${statuses}. The following rests on the other sources.`];
}

function resultBlocks(found: Findings, packaged: string | null): Block[] {
  const best = bestOf(found);
  if (best === null) return [];
  const { optimisation, idea } = best;
  const interval =
    optimisation.speedup_low === null
      ? ""
      : ` (${optimisation.speedup_low.toFixed(2)}–${optimisation.speedup_high?.toFixed(2)})`;
  return [
    heading(2, "Result"),
    paragraph(
      `${idea.title}: ${optimisation.speedup?.toFixed(2)} times the speed of its first implementation${interval}, ` +
        `candidate ${optimisation.candidate} of lineage run ${optimisation.run}. To trace its origin: coordinator lineage show ${optimisation.candidate}`,
    ),
    ...(packaged === null
      ? []
      : [paragraph(`The code, with a loader that falls back to the reference, is in ${packaged}/.`)]),
  ];
}

function surveyBlocks({ survey, claims }: Findings): Block[] {
  if (survey === null) return [heading(2, "Survey"), paragraph("No survey was made.")];
  return [
    heading(2, "Survey"),
    paragraph(
      `${counted(survey.records.length, "work")} after merging, with ${counted(claims.length, "claim")}, each with a quote from its source.`,
    ),
    ...table(
      ["source", "status", "found", "asked", "why"],
      survey.sources.map(({ source, status, items, coverage, reason }) => {
        return [source, status, String(items.length), coverage.asked ?? "–", reason ?? coverage.limits.join("; ")];
      }),
    ),
  ];
}

function summaryBlocks({ summary, claims }: Findings): Block[] {
  const statements = (title: string, items: LiteratureSummary["research_gaps"]) =>
    items.length === 0
      ? []
      : [heading(3, title), ...list(items.map(({ text, records }) => `${text} [${records.join(", ")}]`))];
  const cited = new Set(claims.map(({ record }) => record));
  const threads = summary.x_threads.filter(({ id }) => cited.has(`x:${id}`));
  return [
    ...(summary.key_papers.length === 0 ? [] : [heading(3, "Key papers")]),
    ...list(summary.key_papers.map(({ record, title, url, why }) => `${title} [${record}] ${url} – ${why}`)),
    ...statements("Gaps in the literature", summary.research_gaps),
    ...statements("Open problems", summary.open_problems),
    ...statements("Trends", summary.recent_trends),
    ...(threads.length === 0 ? [] : [heading(3, "Threads on X")]),
    ...list(
      threads.map(({ id, author, author_id, created_at, posts, gaps, partial }) => {
        const missing = gaps.length === 0 ? "" : `, ${gaps.length} missing`;
        const limits = partial.length === 0 ? "" : ` (${partial.join("; ")})`;
        return `x:${id} by ${author ?? author_id}, ${created_at.slice(0, 10)}, ${counted(posts.length, "post")}${missing}${limits}`;
      }),
    ),
  ];
}

function roundBlocks(round: Round, options: ResearchOptions, { claims }: Findings): Block[] {
  const { number, gaps, ideas, novelty } = round;
  const of = options.rounds > 1 ? `Round ${number}: ` : "";
  return [
    heading(2, `${of}gaps`),
    ...list(
      gaps.map(({ id, title, description, kind, records }) => {
        return `${id} (${kind.replaceAll("_", " ")}): ${title}. ${description} [${records.join(", ")}]`;
      }),
    ),
    ...(gaps.length === 0 ? [paragraph("No gap is supported by a retrieved work.")] : []),
    heading(2, `${of}ideas`),
    ...ideas.flatMap((one) => ideaBlocks(one, round, claims)),
    ...(ideas.length === 0 ? [paragraph("No proposed idea answers a gap.")] : []),
    ...novelty.flatMap((one) => coverageBlocks(one)),
    ...builtBlocks(round, of),
  ];
}

function ideaBlocks(one: Idea, { novelty, gaps }: Round, claims: Findings["claims"]): Block[] {
  const verdict = novelty.find(({ idea }) => idea === one.id);
  const evidence = gaps
    .filter(({ id }) => one.gaps.includes(id))
    .flatMap((of) => of.claims)
    .flatMap((id) => claims.find((claim) => claim.id === id) ?? []);
  return [
    heading(3, `${one.id}: ${one.title}`),
    paragraph(one.description),
    ...list([
      `Novelty: ${one.novelty}`,
      `Implementation: ${one.implementation_sketch}`,
      `Expected: ${one.expected_outcome}`,
      `Risk ${one.risk_level}, feasibility ${one.feasibility_score}, novelty ${one.novelty_score}, builds on ${one.base_kernel}, answers ${one.gaps.join(", ")}`,
      `Configuration space: ${one.configuration_space.map(({ name, values }) => `${name} {${values.join(", ")}}`).join(", ")}`,
    ]),
    ...evidence.map(({ quote, record }): Block => ({ kind: "quote", text: `${quote} [${record}]` })),
    ...(verdict === undefined ? [] : verdictBlocks(verdict)),
  ];
}

function verdictBlocks({ verdict, reason, nearest }: Novelty): Block[] {
  return [
    paragraph(`Verdict: ${verdict.replaceAll("_", " ")}. ${reason}`),
    ...table(
      ["nearest work", "its words", "overlap", "difference", "relation"],
      nearest.map(({ title, url, quote, overlap, difference, relation }) => {
        return [`${title} ${url}`, quote, overlap, difference, relation];
      }),
    ),
  ];
}

function coverageBlocks({ idea, coverage }: Novelty): Block[] {
  return [
    paragraph(`Searches for ${idea}:`),
    ...table(
      ["claim", "source", "status", "found", "limits"],
      coverage.map(({ claim, source, status, found, reason, coverage: { limits } }) => {
        return [claim, source, status, String(found), [...(reason === null ? [] : [reason]), ...limits].join("; ")];
      }),
    ),
  ];
}

function lessonBlocks({ rounds }: Findings): Block[] {
  const outcomes = rounds.flatMap((round) => round.outcomes);
  if (outcomes.length === 0) return [];
  const { tried, succeeded, predicted, measured, brier } = calibrationOf(outcomes);
  const calibration =
    predicted === null || measured === null || brier === null
      ? "No idea was tried, so feasibility cannot be judged."
      : `${succeeded} of ${tried} tried ideas became a kernel that evolution made faster. ` +
        `Feasibility was predicted as ${predicted.toFixed(2)} on average, measured ${measured.toFixed(2)}; ` +
        `Brier score ${brier.toFixed(3)} (0 is perfect, 0.25 is a coin flip).`;
  return [
    heading(2, "Lessons"),
    ...table(
      ["idea", "feasibility predicted", "became", "speedup", "against the library"],
      outcomes.map((one) => [
        `${one.idea}: ${one.title}`,
        String(one.predicted_feasibility),
        one.lesson,
        one.speedup === null ? "–" : `${one.speedup.toFixed(2)}×`,
        one.against_library === null ? "–" : `${one.against_library.toFixed(2)}×`,
      ]),
    ),
    paragraph(calibration),
  ];
}

function injectionBlocks({ incidents }: Findings): Block[] {
  return [
    heading(2, "Injection report"),
    paragraph(
      incidents.length === 0
        ? "No fetched text looked like an instruction, and every quote occurs in its source."
        : "Fetched text that looks like an instruction to a model, answers with false quotes or citations, and texts for which a model gave no answer. None of them was used.",
    ),
    ...table(
      ["record", "post", "rule", "passage", "action"],
      incidents.map(({ record, post, kind, rule, excerpt, action }) => [
        record,
        post ?? "–",
        `${kind}: ${rule}`,
        excerpt,
        action,
      ]),
    ),
  ];
}

function leftOutBlocks({ leftOut }: Findings): Block[] {
  if (leftOut.length === 0) return [];
  return [
    heading(2, "Left out"),
    paragraph("Omitted to keep prompts within a model's context window:"),
    ...list(leftOut),
  ];
}
