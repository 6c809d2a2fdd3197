/** The probable cost of a run, before it is paid: models by their list prices, sources by their own estimates. */
import { priceOf, usdOf } from "@kevo/core/llm/prices.ts";
import type { ResearchOptions } from "../session/options.ts";
import type { Source } from "../sources/source.ts";

export interface Estimate {
  readonly usd: number;
  readonly lines: readonly { readonly what: string; readonly calls: number; readonly usd: number }[];
}

/** Tokens of a usual call of each kind, as measured on the demonstration: prompt, and answer with reasoning. */
const USUAL = {
  claims: { prompt: 2_500, output: 700 },
  summary: { prompt: 6_000, output: 1_500 },
  gaps: { prompt: 7_000, output: 4_000 },
  ideas: { prompt: 4_000, output: 8_000 },
  novelty: { prompt: 2_500, output: 1_500 },
  implementation: { prompt: 14_000, output: 16_000 },
} as const;
/** Claims of an idea that are searched, works that are compared with each, tries of an implementation. */
const [CLAIMS, WORKS, TRIES] = [2, 3, 2];

export function estimateOf(
  options: ResearchOptions,
  models: { readonly reasoning: string; readonly fast: string },
  sources: readonly Source[],
): Estimate {
  const { rounds, ideas, implement, goal, max_results: maxResults, since, until } = options;
  const built = goal === "run" ? implement * rounds : 0;
  const calls = (what: keyof typeof USUAL, model: string, count: number) => {
    const { prompt, output } = USUAL[what];
    return { what, calls: count, usd: count * usdOf(priceOf(model), { prompt, cached: 0, output }) };
  };
  const query = { text: options.domain, since, until, maxResults, purpose: "survey" as const };
  const searches = rounds * ideas * CLAIMS;
  const lines = [
    {
      what: "sources",
      calls: sources.length + searches * 2,
      usd:
        sources.reduce((sum, source) => sum + source.estimate(query), 0) +
        searches *
          sources
            .filter(({ name }) => name !== "x")
            .reduce((sum, source) => sum + source.estimate({ ...query, maxResults: 6, purpose: "novelty" }), 0),
    },
    calls("claims", models.fast, Math.min(60, sources.length * maxResults)),
    calls("summary", models.fast, 1),
    calls("gaps", models.reasoning, rounds),
    calls("ideas", models.reasoning, rounds),
    calls("novelty", models.reasoning, searches * WORKS),
    ...(built === 0 ? [] : [calls("implementation", models.reasoning, built * TRIES)]),
  ];
  return { usd: lines.reduce((sum, { usd }) => sum + usd, 0), lines };
}
