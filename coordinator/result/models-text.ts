/** Describes what language models did in a run. */

import { formatMs, formatSpeedup, formatUsd, oneLine } from "../progress/format.ts";
import type { RunResult } from "./result.ts";

export function modelsText(llm: NonNullable<RunResult["llm"]>, { spend_usd }: Pick<RunResult, "spend_usd">): string {
  const { models, control, budget_usd, calls, answered, candidates, trouble } = llm;
  const what = control ? ", as the control told nothing of what was measured" : "";
  return [
    `Asked ${models.join(", ")}${what}: ${answered} of ${calls} calls answered, ${candidates} candidates came of them, ${formatUsd(spend_usd)} of ${formatUsd(budget_usd)} spent.`,
    ...trouble.map((text) => `  ${oneLine(text)}`),
    ...(trouble.length === 0 ? [] : ["  Meanwhile the classical proposers went on."]),
    ...worth(llm),
  ].join("\n");
}

function worth({ worth_of_evolution }: NonNullable<RunResult["llm"]>): string[] {
  if (worth_of_evolution === null) return [];
  const { evolved, control, ratio } = worth_of_evolution;
  const told = ({ run, speedup, time_ms, calls, usd }: typeof evolved) =>
    `${speedup === null ? formatMs(time_ms) : formatSpeedup(speedup)} with ${calls} questions for ${formatUsd(usd)} (${run})`;
  return [
    `Evolution: ${told(evolved)}; best-of-N: ${told(control)}. The evolved one is ${formatSpeedup(ratio)} as fast, of one run each.`,
  ];
}
