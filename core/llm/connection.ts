/** Which provider answers, from the environment. */
import { UserError } from "../errors/user-error.ts";
import { FREE, listPrice, type Price, priceOf } from "./prices.ts";

export interface Connection {
  readonly provider: "xai" | "anthropic" | "openai" | "local";
  readonly baseUrl: string;
  readonly key: string | null;
  readonly model: string;
  readonly price: Price;
}

const PROVIDERS = [
  { provider: "xai", variable: "XAI_API_KEY", baseUrl: "https://api.x.ai/v1", model: "grok-4.3", names: /^grok/ },
  {
    provider: "anthropic",
    variable: "ANTHROPIC_API_KEY",
    baseUrl: "https://api.anthropic.com/v1",
    model: "claude-sonnet-5-5",
    names: /^claude/,
  },
  {
    provider: "openai",
    variable: "OPENAI_API_KEY",
    baseUrl: "https://api.openai.com/v1",
    model: "gpt-6.1-sol",
    names: /^(gpt|o\d|chatgpt)/,
  },
] as const;

export const DEFAULT_MODEL = "grok-4.3";

/**
 * `LLM_BASE_URL` comes first, with the key of the model's provider if one is set. Otherwise the model's name selects
 * the provider; a name of no known provider goes to the first one whose key is set.
 * @throws UserError (code 2).
 */
export function connectionOf(wanted: string | undefined, environment: NodeJS.ProcessEnv = process.env): Connection {
  const keyed = PROVIDERS.filter(({ variable }) => (environment[variable] ?? "") !== "");
  const named = wanted === undefined ? undefined : PROVIDERS.find(({ names }) => names.test(wanted));
  const chosen = named ?? keyed[0] ?? PROVIDERS[0];
  const model = wanted ?? chosen.model;
  const key = environment[chosen.variable] || null;
  if (key !== null && !/^[!-~]+$/.test(key.trim())) {
    throw new UserError(
      `${chosen.variable} contains a line break, a space or another character that cannot be part of a key.`,
      2,
    );
  }
  const local = environment.LLM_BASE_URL || null;
  if (local !== null) {
    const price = key === null ? (listPrice(model) ?? FREE) : priceOf(model);
    return { provider: "local", baseUrl: checkedUrl(local), key, model, price };
  }
  if (key === null) {
    throw new UserError(
      `The model ${model} needs ${chosen.variable} in the environment, or LLM_BASE_URL for your own server.`,
      2,
    );
  }
  return { provider: chosen.provider, baseUrl: chosen.baseUrl, key, model, price: priceOf(model) };
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UserError(`LLM_BASE_URL "${text}" is not a URL such as http://127.0.0.1:8000/v1.`, 2);
  }
  if (url.username !== "" || url.password !== "") {
    throw new UserError("LLM_BASE_URL must not contain a password; set the key in XAI_API_KEY.", 2);
  }
  return text.replace(/\/+$/, "").replace(/\/chat\/completions$/, "");
}

/** Advice for a server without chat completions. */
export function addressAdvice({ provider, baseUrl }: Pick<Connection, "provider" | "baseUrl">): string {
  const asked = `asked was ${baseUrl}/chat/completions`;
  if (provider !== "local") return asked;
  if (/\/v\d+[a-z]*$/.test(baseUrl)) return `${asked}: is LLM_BASE_URL right?`;
  return `${asked}, and most servers answer under /v1: try LLM_BASE_URL=${baseUrl}/v1`;
}
