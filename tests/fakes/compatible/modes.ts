/** Answers observed from servers that resemble OpenAI's. */

export interface Asked {
  readonly asked: Readonly<Record<string, unknown>>;
  readonly value: unknown;
  readonly json: string;
}

export interface Reply {
  readonly status?: number;
  readonly body: unknown;
  /** Content type, where it is not that of the body's kind. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const USAGE = { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 };

function whole(asked: Asked["asked"], message: object, more: object = {}) {
  const choices = [{ index: 0, message: { role: "assistant", ...message }, finish_reason: "stop" }];
  return { id: "1", object: "chat.completion", created: 1, model: asked.model, choices, usage: USAGE, ...more };
}
const says = (content: (json: string, value: unknown) => unknown) => (given: Asked) => ({
  body: whole(given.asked, { content: content(given.json, given.value) }),
});
const message = (parts: (given: Asked) => object) => (given: Asked) => ({ body: whole(given.asked, parts(given)) });
const always =
  (body: unknown, more: Omit<Reply, "body"> = {}) =>
  () => ({ body, ...more });

/** Refuses what `why` finds fault with, in the words that it returns. */
const unless =
  (why: (asked: Record<string, unknown>) => string | object | null, status = 400) =>
  (given: Asked) => {
    const fault = why(given.asked as Record<string, unknown>);
    if (fault === null) return says((json) => json)(given);
    const error = { message: fault, type: "invalid_request_error", param: null, code: null };
    return { status, body: typeof fault === "string" ? { error } : fault };
  };
const formatOf = (asked: Record<string, unknown>) =>
  (asked.response_format as { type: string; json_schema?: { strict?: boolean } } | undefined) ?? null;
/** Requests with both names are refused, and those without the one that a server knows. */
const LONG_NAME = `org/${"very-long-".repeat(60)}name`;

export const MODES = {
  ok: says((json) => json),
  // JSON with something around it, or not quite JSON.
  think: says((json) => `<think>So far {"tile": 8} was best.</think>\n${json}`),
  "double-brace": says((json) => `{\n\n${json}\n`),
  "fence-upper": says((json) => `\`\`\`JSON\n${json}\n\`\`\`\nI changed {tile} first.`),
  "fence-two": says((json) => `Best so far:\n\`\`\`json\n{"tile": 8}\n\`\`\`\nNext:\n\`\`\`json\n${json}\n\`\`\``),
  "trailing-comma": says((json) => json.replace(/([}\]])$/, ",$1")),
  "bare-array": says((_, value) => JSON.stringify(Object.values(value as object)[0])),
  // Outside the content, or in another form.
  "reasoning-only": message(({ json }) => ({ content: null, reasoning_content: json })),
  "reasoning-field": message(({ json }) => ({ content: "", reasoning: `I take\n${json}` })),
  "tool-call": message(({ json }) => ({
    content: "I call the tool.",
    tool_calls: [{ id: "1", type: "function", function: { name: "propose", arguments: json } }],
  })),
  "tool-call-value": message(({ value }) => ({
    content: null,
    tool_calls: [{ id: "1", type: "function", function: { name: "propose", arguments: value } }],
  })),
  "function-call": message(({ json }) => ({ content: null, function_call: { name: "propose", arguments: json } })),
  parts: says((json) => [{ type: "text", text: json }]),
  "parts-thought": says((json) => [
    { type: "thinking", thinking: [{ type: "text", text: "{}" }] },
    { type: "text", text: json.slice(0, 5) },
    { type: "text", text: json.slice(5) },
  ]),
  "content-value": says((_, value) => value),
  // Another envelope.
  "no-model": ({ asked, json }: Asked) => ({ body: whole(asked, { content: json }, { model: undefined }) }),
  "null-model": ({ asked, json }: Asked) => ({ body: whole(asked, { content: json }, { model: null }) }),
  "long-model": ({ asked, json }: Asked) => ({ body: whole(asked, { content: json }, { model: LONG_NAME }) }),
  "text-plain": ({ asked, json }: Asked) => ({ body: JSON.stringify(whole(asked, { content: json })) }),
  // Errors under status 200.
  "error-200": always(
    { error: { message: "upstream is rate limited, try later", code: 429 } },
    { headers: { "retry-after": "0" } },
  ),
  "rate-words-200": always({
    error: { message: "Rate limit exceeded: free-models-per-min", type: "rate_limit_error" },
  }),
  "quota-200": always({ error: { message: "You exceeded your current quota", code: "insufficient_quota" } }),
  "key-200": always({ error: { code: 401, message: "User not found." } }),
  "overflow-200": always({ error: "the request exceeds the available context size" }),
  "error-in-choice": ({ asked }: Asked) => ({
    body: { ...whole(asked, {}), choices: [{ error: { code: 502, message: "Provider returned error" } }] },
  }),
  "detail-200": always({ detail: "the backend is starting" }),
  "error-null": ({ asked, json }: Asked) => ({ body: whole(asked, { content: json }, { error: null }) }),
  "choices-empty": ({ asked }: Asked) => ({ body: { ...whole(asked, {}), choices: [] } }),
  "page-200": always("<!doctype html><html><body>Open the app</body></html>", { type: "text/html" }),
  // Requests that are refused.
  "both-max": unless((asked) =>
    "max_tokens" in asked && "max_completion_tokens" in asked
      ? "max_tokens and max_completion_tokens cannot both be set"
      : null,
  ),
  "older-only": unless((asked) =>
    "max_completion_tokens" in asked ? "max_completion_tokens: extra inputs are not permitted" : null,
  ),
  "newer-only": unless((asked) =>
    "max_tokens" in asked
      ? "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
      : null,
  ),
  "few-tokens": unless((asked) =>
    Number(asked.max_tokens) > 1024 ? "max_tokens is too large: this model supports at most 1024 tokens" : null,
  ),
  "no-schema": unless((asked) =>
    formatOf(asked)?.type === "json_schema"
      ? "response_format json_schema is not available; use text or json_object"
      : null,
  ),
  "bare-json-mode": unless((asked) => {
    const format = formatOf(asked);
    return format === null || (format.type === "json_object" && Object.keys(format).length === 1)
      ? null
      : { detail: [{ loc: ["body", "response_format", "json_schema"], msg: "Extra inputs are not permitted" }] };
  }, 422),
  "no-format": unless((asked) => (formatOf(asked) === null ? null : "unknown field: response_format")),
  "no-strict": unless((asked) =>
    formatOf(asked)?.json_schema?.strict === undefined ? null : "response_format.json_schema.strict is not permitted",
  ),
  "grammar-500": unless(
    (asked) => (formatOf(asked)?.type === "json_schema" ? { error: { message: "failed to parse grammar" } } : null),
    500,
  ),
  "no-seed": unless((asked) => {
    const named = (["seed", "temperature"] as const).filter((name) => name in asked);
    if (named.length === 0) return null;
    return { detail: named.map((name) => ({ type: "extra_forbidden", loc: ["body", name], msg: "not permitted" })) };
  }, 422),
  "param-named": unless((asked) =>
    "seed" in asked ? { error: { message: "Unsupported value", param: "seed", code: "unsupported_value" } } : null,
  ),
  wordless: unless((asked) =>
    formatOf(asked)?.type === "json_schema" || "seed" in asked ? { message: "Bad Request" } : null,
  ),
  "never-pleased": always({ error: { message: "Bad Request" } }, { status: 400 }),
} as const satisfies Record<string, (given: Asked) => Reply>;
export type Mode = keyof typeof MODES;
