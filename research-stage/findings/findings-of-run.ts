/** Everything that a run found, as far as it came: what the report tells. */
import type { SurveyResult } from "../sources/survey.ts";
import type {
  Claim,
  Gap,
  Idea,
  Implementation,
  Incident,
  LiteratureSummary,
  Novelty,
  Optimisation,
  Outcome,
} from "./findings.ts";

export interface Round {
  readonly number: number;
  gaps: readonly Gap[];
  ideas: readonly Idea[];
  readonly novelty: Novelty[];
  readonly implementations: Implementation[];
  readonly optimisations: Optimisation[];
  outcomes: readonly Outcome[];
}

export interface Findings {
  /** Null before the survey was made. */
  survey: SurveyResult | null;
  claims: readonly Claim[];
  summary: LiteratureSummary;
  readonly rounds: Round[];
  readonly incidents: Incident[];
  /** Describes what did not go into a prompt. */
  readonly leftOut: string[];
}

export function noFindings(domain: string): Findings {
  const nothing = { key_papers: [], research_gaps: [], x_threads: [], open_problems: [], recent_trends: [] };
  return { survey: null, claims: [], summary: { domain, ...nothing }, rounds: [], incidents: [], leftOut: [] };
}

export interface Best {
  readonly idea: Idea;
  readonly optimisation: Optimisation;
  readonly implementation: Implementation;
  readonly gaps: readonly Gap[];
}

/** The kernel that gained most over its first implementation; null where none was measured. */
export function bestOf({ rounds }: Findings): Best | null {
  const all = rounds.flatMap(({ ideas, gaps, implementations, optimisations }) =>
    optimisations.flatMap((optimisation): Best[] => {
      const idea = ideas.find(({ id }) => id === optimisation.idea);
      const implementation = implementations.find(({ idea: of }) => of === optimisation.idea);
      if (idea === undefined || implementation === undefined || optimisation.speedup === null) return [];
      return [{ idea, optimisation, implementation, gaps }];
    }),
  );
  return all.sort((a, b) => (b.optimisation.speedup ?? 0) - (a.optimisation.speedup ?? 0))[0] ?? null;
}
