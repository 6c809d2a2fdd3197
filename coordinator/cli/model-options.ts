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

/** Asking costs money, so a run asks only when it is told to, and never for more than this unless told. */
const BUDGET_USD = "1";

export function addModelOptions(command: Command): Command {
  return command
    .option(
      "--llm <model|none>",
      "ask this language model for candidates too; several with commas between them",
      "none",
    )
    .option("--budget-usd <dollars>", "most that all calls of models may cost together", BUDGET_USD)
    .option(
      "--llm-control",
      "best-of-N, the control: as many calls as the latest such run without this option made, but told nothing of\nwhat was measured, among random samples; the report compares the two",
    );
}

export const MODEL_HELP = `
Models: a key in XAI_API_KEY, OPENAI_API_KEY or ANTHROPIC_API_KEY, or LLM_BASE_URL for a server of your own. Keys are
read from the environment by the island-workers, and stored nowhere. Calls that fail stop nothing.`;

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
    if (models.length > 1) throw new UserError(`--llm ${given.llm}: either models or none.`, 2);
    if (given.llmControl === true)
      throw new UserError("--llm-control needs --llm MODEL: there is nothing to control.", 2);
    return undefined;
  }
  if (environment !== null) for (const model of models) connectionOf(model, environment);
  return { models, budget_usd, control: given.llmControl === true };
}
