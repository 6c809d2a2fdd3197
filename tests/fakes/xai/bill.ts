/** Tokens and dollars of an answer, at xAI's prices of grok-4.3 and its ticks of 1e-10 dollars. */
import type { ChatRequest } from "./request.ts";

const PROMPT_TICKS = 12_500;
const CACHED_TICKS = 2_000;
const OUTPUT_TICKS = 25_000;
export const TICKS_PER_USD = 1e10;

/** `worst`: as much as the request allows, one token for each byte and all of the completion. `over`: ten times that. */
export const CHARGES = ["usual", "worst", "over"] as const;
export type Charge = (typeof CHARGES)[number];

export function usageOf(request: ChatRequest, answer: string, charge: Charge) {
  const schema = JSON.stringify(request.response_format?.json_schema.schema ?? {});
  const bytes = request.messages.reduce(
    (sum, { content }) => sum + Buffer.byteLength(content),
    Buffer.byteLength(schema),
  );
  const most = request.max_completion_tokens ?? 131_072;
  const worst = charge !== "usual";
  const prompt = worst ? bytes : Math.ceil(bytes / 4);
  const cached = worst ? 0 : Math.floor(prompt / 6);
  const completion = Math.min(most, Math.ceil(answer.length / 4));
  const reasoning = worst ? most - completion : Math.min(most - completion, 200 + Math.ceil(prompt / 10));
  return {
    prompt_tokens: prompt,
    // Without reasoning, unlike OpenAI.
    completion_tokens: completion,
    total_tokens: prompt + completion + reasoning,
    prompt_tokens_details: { text_tokens: prompt, cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
    num_sources_used: 0,
    cost_in_usd_ticks:
      (charge === "over" ? 10 : 1) *
      ((prompt - cached) * PROMPT_TICKS + cached * CACHED_TICKS + (completion + reasoning) * OUTPUT_TICKS),
  };
}
