/** What `coordinator start` lets a user say about language models. */
import { parseNumber } from "@kevo/core/config/number.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { connectionOf } from "@kevo/core/llm/connection.ts";
import type { ModelSpec } from "@kevo/proto/run.ts";
import type { Command } from "commander";

export interface ModelOptions {
  readonly llm: string;
  readonly budgetUsd: string;
  readonly llmControl?: boolean;
}

/** A call costs money, so a run makes calls only if an option says so, and spends no more than this by default. */
const BUDGET_USD = "1";

export function addModelOptions(command: Command): Command {
  return command
    .option("--llm <model|none>", "also ask this language model for candidates; separate several with commas", "none")
    .option("--budget-usd <dollars>", "upper limit for the cost of all model calls together", BUDGET_USD)
    .option(
      "--llm-control",
      "control run (best-of-N): as many model calls as in the latest run without this option, with measurements hidden from the model and random samples beside it; the report compares the two",
    );
}

export const MODEL_HELP = `Models need a key in XAI_API_KEY, OPENAI_API_KEY or ANTHROPIC_API_KEY, or LLM_BASE_URL for your own server. The
island-workers read keys from their environment; keys are never stored. A failed call does not stop the run.`;

/**
 * @param environment of local workers, checked before anything starts; null where workers have their own.
 * @throws UserError (code 2).
 */
export function modelsOf(given: ModelOptions, environment: NodeJS.ProcessEnv | null): ModelSpec | undefined {
  const budget_usd = parseNumber(given.budgetUsd, "--budget-usd", { min: 0, max: 1e6 });
  const models = [...new Set(given.llm.split(",").map((name) => name.trim()))];
  const wrong = models.find((name) => !/^[\w.:/-]{1,100}$/.test(name));
  if (wrong !== undefined) throw new UserError(`--llm ${given.llm}: "${wrong}" is not a model's name.`, 2);
  if (models.includes("none")) {
    if (models.length > 1) throw new UserError(`--llm ${given.llm}: name either models or none, not both.`, 2);
    if (given.llmControl === true) throw new UserError("--llm-control requires --llm MODEL.", 2);
    return undefined;
  }
  if (environment !== null) for (const model of models) connectionOf(model, environment);
  return { models, budget_usd, control: given.llmControl === true };
}
