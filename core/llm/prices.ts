/** Dollars of tokens: for worst cases, and for providers whose answers do not say what a call cost. */

interface Rate {
  /** Dollars per million tokens. */
  readonly prompt: number;
  /** Of a prompt's part that the provider had kept. */
  readonly cached: number;
  /** Completion and reasoning alike. */
  readonly output: number;
}

export interface Price extends Rate {
  /** Prompts of more tokens than this cost more, answer included. */
  readonly long: { readonly over: number; readonly rate: Rate } | null;
}

function rate(prompt: number, cached: number, output: number): Price {
  return { prompt, cached, output, long: null };
}

/** Twice the price for prompts above this number of tokens, as xAI and OpenAI charge. */
function tiered(over: number, { prompt, cached, output }: Rate): Price {
  return {
    prompt,
    cached,
    output,
    long: { over, rate: { prompt: 2 * prompt, cached: 2 * cached, output: 2 * output } },
  };
}

/**
 * List prices as published up to October 2026; the first that matches. Names that xAI retired are answered, and
 * charged, as grok-4.3.
 */
const PRICES: readonly (readonly [RegExp, Price])[] = [
  [/^grok-4\.[5-9]/, tiered(200_000, rate(2, 0.5, 6))],
  [/^grok-(3|4|code)/, tiered(200_000, rate(1.25, 0.2, 2.5))],
  [/^claude-haiku/, rate(1, 0.1, 5)],
  [/^claude-sonnet-5/, rate(2, 0.2, 10)],
  [/^claude-sonnet/, rate(3, 0.3, 15)],
  [/^claude-opus-(4-[5-9]|5)/, rate(5, 0.5, 25)],
  [/^claude-fable/, rate(10, 1, 50)],
  [/^gpt-6.*luna/, tiered(272_000, rate(0.1, 0.01, 0.5))],
  [/^gpt-6.*sol/, tiered(272_000, rate(2, 0.2, 10))],
  [/^gpt-5\.4-mini/, rate(0.75, 0.075, 4.5)],
  [/^gpt-5\.1/, rate(1.25, 0.125, 10)],
];

/** Of a model that is not in the table: dear, so that a worst case stays one. */
const UNKNOWN: Price = tiered(200_000, rate(15, 15, 75));

/** A self-hosted server without a key, serving a model that no provider sells. */
export const FREE: Price = rate(0, 0, 0);

export function listPrice(model: string): Price | null {
  return PRICES.find(([pattern]) => pattern.test(model))?.[1] ?? null;
}

export function priceOf(model: string): Price {
  return listPrice(model) ?? UNKNOWN;
}

export interface Tokens {
  readonly prompt: number;
  /** Of the prompt. */
  readonly cached: number;
  /** Completion and reasoning. */
  readonly output: number;
}

/** Dollars. */
export function usdOf(price: Price, { prompt, cached, output }: Tokens): number {
  const { prompt: p, cached: c, output: o } = price.long !== null && prompt > price.long.over ? price.long.rate : price;
  return ((prompt - cached) * p + cached * c + output * o) / 1e6;
}
