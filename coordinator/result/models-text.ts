/** Describes what language models did in a run. */

import { counted } from "@kevo/core/text/plural.ts";
import { formatMs, formatSpeedup, formatUsd, oneLine } from "../progress/format.ts";
import type { RunResult } from "./result.ts";

export function modelsText(llm: NonNullable<RunResult["llm"]>, { spend_usd }: Pick<RunResult, "spend_usd">): string {
  const { models, control, budget_usd, calls, answered, candidates, trouble } = llm;
  const what = control ? " (control: measurements hidden)" : "";
  return [
    `Asked ${models.join(", ")}${what}: ${answered} of ${counted(calls, "call")} answered, ${counted(candidates, "candidate")}, ${formatUsd(spend_usd)} of ${formatUsd(budget_usd)} spent.`,
    ...trouble.map((text) => `  ${oneLine(text)}`),
    ...(trouble.length === 0 ? [] : ["  The classical proposers continued meanwhile."]),
    ...worth(llm),
  ].join("\n");
}

function worth({ worth_of_evolution }: NonNullable<RunResult["llm"]>): string[] {
  if (worth_of_evolution === null) return [];
  const { evolved, control, ratio } = worth_of_evolution;
  const told = ({ run, speedup, time_ms, calls, usd }: typeof evolved) =>
    `${speedup === null ? formatMs(time_ms) : formatSpeedup(speedup)} with ${counted(calls, "model call")} for ${formatUsd(usd)} (${run})`;
  return [
    `Evolution: ${told(evolved)}; best-of-N: ${told(control)}. The evolved one is ${formatSpeedup(ratio)} as fast (one run each).`,
  ];
}
