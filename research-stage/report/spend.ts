/** The cost of a run, by kind of call and by idea. */
import type { ResearchDatabase } from "../store/database.ts";
import { callsOf, spentOf, stepsOf } from "../store/store.ts";
import { type Block, heading, paragraph, table } from "./blocks.ts";

export interface Spend {
  readonly budget_usd: number;
  readonly models_usd: number;
  readonly sources_usd: number;
  readonly by_question: readonly {
    readonly question: string;
    readonly model: string;
    readonly calls: number;
    readonly prompt_tokens: number;
    /** Reasoning among them. */
    readonly output_tokens: number;
    readonly usd: number;
  }[];
  /** Searches, by stage. */
  readonly by_stage: readonly { readonly stage: string; readonly usd: number }[];
}

export function spendOf(db: ResearchDatabase, run: string, budgetUsd: number): Spend {
  const { models, sources } = spentOf(db, run);
  const groups = Map.groupBy(callsOf(db, run), ({ proposer, model }) => `${proposer}\n${model}`);
  const sum = (values: readonly (number | null)[]) => values.reduce<number>((total, value) => total + (value ?? 0), 0);
  const stages = Map.groupBy(stepsOf(db, run), ({ stage }) => stage);
  return {
    budget_usd: budgetUsd,
    models_usd: models,
    sources_usd: sources,
    by_question: [...groups]
      .map(([key, calls]) => {
        const [question = "", model = ""] = key.split("\n");
        return {
          question,
          model: calls.find(({ answered_by }) => answered_by !== null)?.answered_by ?? model,
          calls: calls.length,
          prompt_tokens: sum(calls.map(({ prompt_tokens }) => prompt_tokens)),
          output_tokens: sum(
            calls.flatMap(({ completion_tokens, reasoning_tokens }) => [completion_tokens, reasoning_tokens]),
          ),
          usd: sum(calls.map(({ cost_usd, reserved_usd }) => cost_usd ?? reserved_usd)),
        };
      })
      .sort((a, b) => (a.question < b.question ? -1 : 1)),
    by_stage: [...stages]
      .map(([stage, steps]) => ({ stage, usd: sum(steps.map(({ costUsd }) => costUsd)) }))
      .filter(({ usd }) => usd > 0)
      .sort((a, b) => (a.stage < b.stage ? -1 : 1)),
  };
}

export function spendBlocks(spend: Spend): Block[] {
  const usd = (value: number) => `$${value.toFixed(4)}`;
  return [
    heading(2, "Spend"),
    paragraph(
      `${usd(spend.models_usd + spend.sources_usd)} of a budget of ${usd(spend.budget_usd)}: ${usd(spend.models_usd)} for models, ${usd(spend.sources_usd)} for sources.`,
    ),
    ...table(
      ["question", "model", "calls", "prompt tokens", "answer tokens", "cost"],
      spend.by_question.map((one) => [
        one.question,
        one.model,
        String(one.calls),
        String(one.prompt_tokens),
        String(one.output_tokens),
        usd(one.usd),
      ]),
    ),
    ...table(
      ["searches of stage", "cost"],
      spend.by_stage.map(({ stage, usd: cost }) => [stage, usd(cost)]),
    ),
  ];
}
