/** Dollars of tokens, for worst cases, and for providers whose answers do not say what they cost. */

export interface Price {
  /** Dollars per million tokens. */
  readonly prompt: number;
  /** Completion and reasoning alike. */
  readonly output: number;
}

/** List prices, July 2026, of the tier below 200,000 tokens. The first that matches. */
const PRICES: readonly (readonly [RegExp, Price])[] = [
  [/^grok-4[.-]/, { prompt: 1.25, output: 2.5 }],
  [/^grok/, { prompt: 3, output: 15 }],
  [/^claude-haiku/, { prompt: 1, output: 5 }],
  [/^claude-sonnet/, { prompt: 3, output: 15 }],
  [/^claude/, { prompt: 15, output: 75 }],
  [/^gpt-5.*mini/, { prompt: 0.75, output: 4.5 }],
  [/^gpt-5/, { prompt: 2.5, output: 15 }],
];

/** Of a model that is not in the table: dear, so that a worst case stays one. */
const UNKNOWN: Price = { prompt: 15, output: 75 };

export function priceOf(model: string): Price {
  return PRICES.find(([pattern]) => pattern.test(model))?.[1] ?? UNKNOWN;
}

export function usdOf(price: Price, promptTokens: number, outputTokens: number): number {
  return (promptTokens * price.prompt + outputTokens * price.output) / 1e6;
}
