/**
 * How a question is put to a server: by which of the names and options that servers know, or refuse. A server that
 * refuses one is asked without it, and from then on. Pure.
 */
import type { ModelRequest } from "./call.ts";
import type { Connection } from "./connection.ts";
import type { ServerError } from "./server-error.ts";

/** From the strictest form of request to the loosest. */
const FORMATS = ["strict", "schema", "json_with_schema", "json", "text"] as const;

const DESCRIBED: Readonly<Record<RequestShape["format"], string>> = {
  strict: "strict schema",
  schema: "schema",
  json_with_schema: "JSON mode and schema",
  json: "JSON mode",
  text: "plain text",
};

export interface RequestShape {
  /** The name under which tokens are limited; never both, which many refuse. */
  readonly limit: "max_completion_tokens" | "max_tokens";
  readonly format: (typeof FORMATS)[number];
  readonly seed: boolean;
  readonly temperature: boolean;
  /** The most tokens that the server lets be asked for; null where it has not said. */
  readonly most: number | null;
}

/** Models of providers that know the newer name. Self-hosted servers often ignore it, and then limit nothing. */
const NEWER = /^(grok|claude|gpt|o\d|chatgpt)/;

/** Models that refuse any temperature but their own. */
const FIXED_TEMPERATURE = /^(o\d|gpt-[5-9])/;

export function firstShape({ provider, model }: Pick<Connection, "provider" | "model">): RequestShape {
  return {
    limit: provider !== "local" || NEWER.test(model) ? "max_completion_tokens" : "max_tokens",
    format: "strict",
    seed: provider !== "anthropic",
    temperature: !FIXED_TEMPERATURE.test(model),
    most: null,
  };
}

/** The request as it is sent. */
export function bodyOf(model: string, request: ModelRequest, shape: RequestShape) {
  const { messages, maxTokens, temperature, seed } = request;
  const format = formatOf(request, shape.format);
  return {
    model,
    messages: messages.map(({ role, content }) => ({ role, content })),
    [shape.limit]: Math.min(maxTokens, shape.most ?? maxTokens),
    ...(temperature === undefined || !shape.temperature ? {} : { temperature }),
    ...(seed === undefined || !shape.seed ? {} : { seed }),
    ...(format === null ? {} : { response_format: format }),
  };
}

function formatOf({ answer: { name, schema } }: ModelRequest, format: RequestShape["format"]) {
  switch (format) {
    case "strict":
      return { type: "json_schema", json_schema: { name, strict: true, schema } } as const;
    case "schema":
      return { type: "json_schema", json_schema: { name, schema } } as const;
    // Some read the schema there, and most pass over it.
    case "json_with_schema":
      return { type: "json_object", json_schema: { name, schema } } as const;
    case "json":
      return { type: "json_object" } as const;
    case "text":
      return null;
  }
}

/** Statuses under which servers refuse what they do not know. */
const REFUSED: ReadonlySet<number | null> = new Set([400, 415, 422, 501, null]);
const SCHEMA = /response_format|json_schema|json_object|\bschema\b|grammar|guided|structured/i;

const LIMIT = /max_(completion_)?tokens/;
const STRICT = /\bstrict\b/;
/** The name is known, and the number is too large. */
const TOO_MANY = /too (large|high|big|many)|exceed|at most|less than|greater than|<=|≤|out of range|supports? up to/i;

/** Servers agree on no codes for what they refuse; they name it. */
function names(said: string, pattern: RegExp): boolean {
  // biome-ignore lint/plugin: providers agree on no codes
  return pattern.test(said);
}

/**
 * The shape to try after the server refused this one; null where its message is about something else.
 * @param refused names of the limit that were refused before.
 */
export function stepDown(
  shape: RequestShape,
  { status, said, param }: ServerError,
  asked: number,
  refused: ReadonlySet<RequestShape["limit"]>,
): RequestShape | null {
  // Servers fail, too, over schemas that they do not understand.
  const isRefusal = REFUSED.has(status) || (status !== null && status >= 500 && names(said, SCHEMA));
  if (!isRefusal) return null;
  const about = param !== null && names(param, OPTION) ? param : said;
  const other = otherLimit(shape.limit);
  const tooMany = names(about, LIMIT) && names(said, TOO_MANY);
  const renamed = names(about, LIMIT) && !tooMany && !refused.has(other);
  const isFormat = names(about, SCHEMA) || names(about, STRICT);
  const next: RequestShape = {
    limit: renamed ? other : shape.limit,
    format: isFormat ? lower(shape.format, names(said, STRICT)) : shape.format,
    seed: shape.seed && !names(about, /\bseed\b/),
    temperature: shape.temperature && !names(about, /\btemperature\b/),
    most: tooMany ? fewer(said, Math.min(asked, shape.most ?? asked)) : shape.most,
  };
  return isSame(shape, next) ? null : next;
}

/** An answer of fewer tokens holds nothing. */
const MIN_TOKENS = 256;

/** The largest number that the server names below what was asked for, or else half of that. */
function fewer(said: string, asked: number): number {
  // biome-ignore lint/plugin: no field holds the number
  const named = said
    .split(/\D+/)
    .map(Number)
    .filter((number) => number >= MIN_TOKENS && number < asked);
  return named.length > 0 ? Math.max(...named) : Math.max(MIN_TOKENS, Math.floor(asked / 2));
}

const OPTION = /max_(completion_)?tokens|response_format|json_schema|strict|seed|temperature/;

/**
 * The shape to try where the server refuses the request and does not say over what: first what costs least to do
 * without. Null where nothing is left.
 */
export function stepDownBlindly(shape: RequestShape): RequestShape | null {
  if (shape.seed || shape.temperature || shape.format === "strict") {
    return { ...shape, seed: false, temperature: false, format: lower(shape.format, true) };
  }
  return shape.format === "text" ? null : { ...shape, format: lower(shape.format, false) };
}

export function isSame(a: RequestShape, b: RequestShape): boolean {
  return (["limit", "format", "seed", "temperature", "most"] as const).every((name) => a[name] === b[name]);
}

/** Such as `max_tokens, JSON mode, no seed`. */
export function describeShape({ limit, format, seed, temperature, most }: RequestShape): string {
  const limited = most === null ? limit : `${limit} up to ${most}`;
  return [limited, DESCRIBED[format], ...(seed ? [] : ["no seed"]), ...(temperature ? [] : ["no temperature"])].join(
    ", ",
  );
}

const otherLimit = (limit: RequestShape["limit"]): RequestShape["limit"] =>
  limit === "max_tokens" ? "max_completion_tokens" : "max_tokens";

function lower(format: RequestShape["format"], onlyStrict: boolean): RequestShape["format"] {
  const next = format === "strict" && !onlyStrict ? 2 : FORMATS.indexOf(format) + 1;
  return FORMATS[next] ?? "text";
}
