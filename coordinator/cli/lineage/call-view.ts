/** A call of a language model, for people. */
import type { CallRecord } from "@kevo/proto/model-call.ts";
import { formatNumber, formatUsd, UNKNOWN } from "../../progress/format.ts";

/** Which model, asked how, and what it cost; one line. */
export function modelOf({ model, answered_by, variant, cost_usd, reserved_usd, replayed }: CallRecord): string {
  const who = answered_by === null || answered_by === model ? model : `${model}, answered by ${answered_by}`;
  const cost = cost_usd === null ? `at most ${formatUsd(reserved_usd)}` : formatUsd(cost_usd);
  return `${who}${variant === null ? "" : `, prompt "${variant}"`}, ${replayed ? "repeated from a recording" : cost} for the whole call`;
}

/** The question as the model read it, and its answer. Their control characters would move a terminal's cursor. */
export function callView({ id, messages, answer, latency_ms, ...call }: CallRecord): string {
  const tokens = [call.prompt_tokens, call.completion_tokens, call.reasoning_tokens].map((n) => n ?? UNKNOWN);
  return [
    `Call ${id}: ${tokens.join(" + ")} tokens (prompt, answer, reasoning) in ${formatNumber(latency_ms / 1000)} s`,
    ...messages.map(({ role, content }) => `--- ${role}\n${plain(content)}`),
    ...(answer === null ? [] : [`--- answer\n${plain(answer)}`]),
  ].join("\n");
}

function plain(text: string): string {
  return text.replaceAll(/[^\P{C}\n]/gu, "");
}
