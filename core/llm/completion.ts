/** Parses a provider's answer. */
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
/** Text, or parts of it; some servers give the value itself. Other parts (thoughts, pictures) are skipped. */
const part = z.union([z.string(), z.looseObject({ type: z.string().nullish(), text: z.string() }).transform(textOf)]);
const content = z.union([
  z.string(),
  z.array(z.union([part, z.unknown().transform(() => "")])).transform((parts) => parts.join("")),
  z.looseObject({}).transform((value) => JSON.stringify(value)),
]);
const called = z.object({ arguments: content.nullish() });
const choiceSchema = z.object({
  message: z.object({
    content: content.nullish(),
    refusal: z.string().nullish().catch(null),
    tool_calls: z
      .array(z.object({ function: called.nullish() }))
      .nullish()
      .catch(null),
    function_call: called.nullish().catch(null),
    reasoning_content: z.string().nullish().catch(null),
    reasoning: z.string().nullish().catch(null),
  }),
  finish_reason: z.string().nullish().catch(null),
});
const completionSchema = z.object({
  model: z.string().nullish().catch(null),
  choices: z.array(choiceSchema).min(1),
  usage: usageSchema.nullish().catch(null),
});

function textOf({ type, text }: { type?: string | null | undefined; text: string }): string {
  return type === "thinking" || type === "reasoning" ? "" : text;
}

export interface Completion {
  /** Null where the answer does not say. */
  readonly answeredBy: string | null;
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

/** Null for a body that is not a chat completion. */
export function readCompletion(body: unknown, price: Price): Completion | null {
  const parsed = completionSchema.safeParse(body);
  if (!parsed.success) return null;
  const { model = null, choices, usage = null } = parsed.data;
  const [choice] = choices;
  if (choice === undefined) return null;
  const { message, finish_reason } = choice;
  const filtered = finish_reason === "content_filter" ? "the provider's filter withheld the answer" : null;
  return {
    answeredBy: model === null || model === "" ? null : model,
    text: answerOf(message),
    refusal: message.refusal || filtered,
    truncated: finish_reason === "length",
    ...(usage === null || usage === undefined ? { tokens: null, usd: null } : readUsage(usage, price)),
  };
}

type AnswerMessage = z.infer<typeof choiceSchema>["message"];

/**
 * The text of the model, followed by the arguments that it passes to a tool, which is where some servers put an answer
 * with a schema. If neither contains anything like JSON, its thoughts come first: some servers take the whole answer
 * for a thought.
 */
function answerOf(message: AnswerMessage): string {
  const calls = [...(message.tool_calls ?? []).map((call) => call.function), message.function_call];
  const said = [message.content, ...calls.map((call) => call?.arguments)].filter((text) => text);
  const thought = message.reasoning_content || message.reasoning || "";
  if (!said.some((text) => text?.includes("{") || text?.includes("[")) && /[{[]/.test(thought)) said.unshift(thought);
  return said.join("\n");
}

/** Dollars of an answer that holds no completion, where it states them all the same. */
export function usdOfUsage(body: unknown, price: Price): number | null {
  const parsed = z.object({ usage: usageSchema }).safeParse(body);
  return parsed.success ? readUsage(parsed.data.usage, price).usd : null;
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
