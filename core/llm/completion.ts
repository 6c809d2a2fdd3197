/** What a provider's answer says, checked. */
import { z } from "zod";
import { type Price, usdOf } from "./prices.ts";

const count = z.int().nonnegative().catch(0);
const usageSchema = z.object({
  prompt_tokens: z.int().nonnegative(),
  completion_tokens: z.int().nonnegative(),
  total_tokens: z.int().nonnegative().nullish(),
  prompt_tokens_details: z.object({ cached_tokens: count }).nullish(),
  completion_tokens_details: z.object({ reasoning_tokens: count }).nullish(),
  cost_in_usd_ticks: z.number().nonnegative().nullish(),
});
const completionSchema = z.object({
  model: z.string().max(200),
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: usageSchema.nullish().catch(null),
});

export interface Completion {
  readonly answeredBy: string;
  readonly text: string;
  /** Null where the model did not refuse. */
  readonly refusal: string | null;
  readonly truncated: boolean;
  /** Null where the provider counts nothing. */
  readonly tokens: { readonly prompt: number; readonly completion: number; readonly reasoning: number } | null;
  /** Dollars, as the provider says or by the price; null where neither can be known. */
  readonly usd: number | null;
}

/** Ticks of xAI's `cost_in_usd_ticks` in a dollar. */
const TICKS = 1e10;

/** Null for what is no chat completion. */
export function readCompletion(body: unknown, price: Price): Completion | null {
  const parsed = completionSchema.safeParse(body);
  if (!parsed.success) return null;
  const { model, choices, usage = null } = parsed.data;
  const [choice] = choices;
  if (choice === undefined) return null;
  const { message, finish_reason } = choice;
  const filtered = finish_reason === "content_filter" ? "the provider's filter withheld the answer" : null;
  return {
    answeredBy: model,
    text: message.content ?? "",
    refusal: message.refusal || filtered,
    truncated: finish_reason === "length",
    ...(usage === null || usage === undefined ? { tokens: null, usd: null } : readUsage(usage, price)),
  };
}

function readUsage(usage: z.infer<typeof usageSchema>, price: Price): Pick<Completion, "tokens" | "usd"> {
  const reasoning = usage.completion_tokens_details?.reasoning_tokens ?? 0;
  // OpenAI counts reasoning among the completion, xAI beside it; the total says which.
  const beside = usage.total_tokens === usage.prompt_tokens + usage.completion_tokens + reasoning;
  const completion = beside ? usage.completion_tokens : Math.max(0, usage.completion_tokens - reasoning);
  const tokens = { prompt: usage.prompt_tokens, completion, reasoning };
  const ticks = usage.cost_in_usd_ticks ?? null;
  const cached = Math.min(usage.prompt_tokens, usage.prompt_tokens_details?.cached_tokens ?? 0);
  const usd =
    ticks === null ? usdOf(price, { prompt: tokens.prompt, cached, output: completion + reasoning }) : ticks / TICKS;
  return { tokens, usd };
}
