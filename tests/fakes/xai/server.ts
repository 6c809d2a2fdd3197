/**
 * A local server that behaves like xAI's chat completions, as far as this project can tell the difference: keys,
 * strict schemas, usage with ticks and reasoning beside the completion, and every documented or observed failure. Its
 * behaviour is scripted call by call; its answers come from the prompt and the schema.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answerer, fromSchema, randomOf } from "./answer.ts";
import { type Behaviour, parseScenario } from "./behaviour.ts";
import { type Charge, TICKS_PER_USD, usageOf } from "./bill.ts";
import { type ChatRequest, chatRequest, REJECTED, schemaTrouble } from "./request.ts";

export interface FakeXaiOptions {
  /** 0 takes a free one. */
  readonly port?: number | undefined;
  /** As `parseScenario` reads it; default `ok`. */
  readonly scenario?: string | undefined;
  /** The only key that is accepted; undefined accepts any, and none. */
  readonly key?: string | undefined;
  readonly charge?: Charge | undefined;
  /** Before every answer, milliseconds. */
  readonly delayMs?: number | undefined;
  /** The longest prompt, tokens of four bytes. */
  readonly maxPrompt?: number | undefined;
  /** Tried in order; the last resort fits any schema. */
  readonly answerers?: readonly Answerer[] | undefined;
}

/** One call as it came in, and what was done. */
interface Received {
  readonly body: unknown;
  readonly authorization: string | null;
  readonly did: Behaviour["name"] | "rejected";
  readonly at: number;
}

export interface FakeXai {
  /** For `LLM_BASE_URL`. */
  readonly url: string;
  readonly received: readonly Received[];
  /** Charged so far, dollars. */
  readonly chargedUsd: number;
  /** Most simultaneous calls. */
  readonly mostAtOnce: number;
  /** From the next call on. */
  script(scenario: string): void;
  close(): Promise<void>;
}

const MODEL = "grok-4.3";
/** Retired names are answered by the successor. */
const MODELS = /^grok-(4\.3|4-1-fast(-(non-)?reasoning)?|4|3|3-mini|4-fast)$/;

export async function startFakeXai(options: FakeXaiOptions = {}): Promise<FakeXai> {
  const fake = new Fake(options);
  const server = createServer((request, response) => {
    fake.answer(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    received: fake.received,
    get chargedUsd() {
      return fake.chargedTicks / TICKS_PER_USD;
    },
    get mostAtOnce() {
      return fake.mostAtOnce;
    },
    script: (scenario) => fake.script(scenario),
    close: async () => {
      fake.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class Fake {
  readonly received: Received[] = [];
  chargedTicks = 0;
  mostAtOnce = 0;
  #atOnce = 0;
  readonly #options: FakeXaiOptions;
  #scenario: Behaviour[];
  #step = 0;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: FakeXaiOptions) {
    this.#options = options;
    this.#scenario = parseScenario(options.scenario ?? "ok");
  }

  script(scenario: string): void {
    this.#scenario = parseScenario(scenario);
    this.#step = 0;
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async answer(request: IncomingMessage, response: ServerResponse) {
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
    response.once("close", () => this.#atOnce--);
    const body = await bodyOf(request);
    const authorization = request.headers.authorization ?? null;
    const log = (did: Received["did"]) => this.received.push({ body, authorization, did, at: performance.now() });
    const rejected = this.#rejection(request, body, authorization);
    if (rejected !== null) {
      log("rejected");
      return send(response, rejected.status, rejected.body);
    }
    const behaviour = this.#scenario[Math.min(this.#step++, this.#scenario.length - 1)] as Behaviour;
    log(behaviour.name);
    const delay = behaviour.name === "slow" ? (behaviour.value ?? 20_000) : (this.#options.delayMs ?? 0);
    if (delay > 0) await this.#sleep(delay);
    this.#behave(behaviour, chatRequest.parse(body), response);
  }

  /** The defect of the call itself. */
  #rejection(request: IncomingMessage, body: unknown, authorization: string | null) {
    const { key, maxPrompt = 1_000_000 } = this.#options;
    if (request.method !== "POST" || request.url !== "/v1/chat/completions") {
      return { status: 404, body: { code: "Not found", error: `no ${request.method} ${request.url}` } };
    }
    if (key !== undefined && authorization !== `Bearer ${key}`) return badKey(authorization);
    const parsed = chatRequest.safeParse(body);
    if (!parsed.success) return invalid(`Failed to deserialize the JSON body: ${parsed.error.issues[0]?.message}`);
    const option = REJECTED.find((name) => name in (body as object));
    if (option !== undefined) return invalid(`Argument not supported on this model: ${option}`);
    if (!MODELS.test(parsed.data.model)) {
      const error = `The model ${parsed.data.model} does not exist or your team does not have access to it.`;
      return { status: 404, body: { code: "Some requested entity was not found", error } };
    }
    const trouble = schemaTrouble(parsed.data.response_format?.json_schema.schema);
    if (trouble !== null) return invalid(`Invalid response_format: ${trouble}`);
    const tokens = usageOf(parsed.data, "", "usual").prompt_tokens;
    return tokens > maxPrompt ? overflow(maxPrompt, tokens) : null;
  }

  #behave({ name, value }: Behaviour, request: ChatRequest, response: ServerResponse) {
    switch (name) {
      case "bad-key":
        return send(response, 400, badKey("Bearer xai-abcdefgh").body);
      case "overflow":
        return send(response, 400, overflow(131_072, 150_000).body);
      case "rate-limit":
        response.setHeader("Retry-After", String(value ?? 1));
        return send(response, 429, RATE_LIMITED);
      case "rate-limit-bare":
        return send(response, 429, RATE_LIMITED);
      case "no-credits":
        return send(response, 429, NO_CREDITS);
      case "server-error":
        return send(response, 500, { error: { message: "Internal error", type: "server_error", code: null } });
      case "html-503":
        response.writeHead(503, { "Content-Type": "text/html" });
        response.end("<html><head><title>503 Service Temporarily Unavailable</title></head><body>…</body></html>");
        return;
      case "cut-early":
        response.destroy();
        return;
      default:
        this.#complete(name, request, response);
    }
  }

  #complete(name: Behaviour["name"], request: ChatRequest, response: ServerResponse) {
    const json = JSON.stringify(this.#say(name, request));
    const most = request.max_completion_tokens ?? Number.POSITIVE_INFINITY;
    const truncated = name === "truncated" || json.length / 4 > most;
    const refusal = name === "refusal" ? "I can't help with that." : null;
    const said = name === "prose" ? `Sure! Here is what I would try:\n\`\`\`json\n${json}\n\`\`\`\nGood luck!` : json;
    const plain = name === "not-json" ? "I would try a larger tile first, and then see." : said;
    const whole = truncated ? json.slice(0, Math.max(1, Math.floor(json.length / 2))) : plain;
    const content = name === "endless" ? whole.padEnd(1e7) : whole;
    const usage = usageOf(request, whole, this.#options.charge ?? "usual");
    this.chargedTicks += usage.cost_in_usd_ticks;
    const body = {
      id: `chatcmpl-${this.received.length}`,
      object: "chat.completion",
      created: Math.floor(Date.now() / 1000),
      model: MODEL,
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: refusal === null ? content : "",
            reasoning_content: "Let me think about tiles.",
            refusal,
          },
          finish_reason: truncated ? "length" : "stop",
        },
      ],
      usage,
      system_fingerprint: "fp_fake",
    };
    if (name !== "cut" && name !== "trickle") return send(response, 200, body);
    const text = JSON.stringify(body);
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
    response.write(text.slice(0, text.length / 2), () => {
      if (name === "cut") response.destroy();
    });
  }

  #say(behaviour: Behaviour["name"], request: ChatRequest): unknown {
    const { name = "none", schema = { type: "object" } } = request.response_format?.json_schema ?? {};
    const asked = { request, schema, name, behaviour, random: randomOf(request) };
    for (const answerer of [...(this.#options.answerers ?? []), fromSchema]) {
      const value = answerer(asked);
      if (value !== undefined) return value;
    }
    return {};
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, ms);
      this.#timers.add(timer);
    });
  }
}

const RATE_LIMITED = {
  code: "Some resource has been exhausted",
  error: "Too many requests for team 00000000-0000-0000-0000-000000000000 and model grok-4.3.",
};
const NO_CREDITS = {
  code: "Some resource has been exhausted",
  error:
    "Your team 00000000-0000-0000-0000-000000000000 has either used all available credits or reached its monthly spending limit. To continue making API requests, please purchase more credits or raise your spending limit.",
};

function invalid(error: string) {
  return { status: 400, body: { code: "Client specified an invalid argument", error } };
}

/** Says the beginning and the end of the key back, as xAI does. */
function badKey(authorization: string | null) {
  const key = authorization?.replace(/^Bearer /, "") ?? "";
  return invalid(
    `Incorrect API key provided: ${key.slice(0, 2)}***${key.slice(-2)}. You can obtain an API key from https://console.x.ai.`,
  );
}

function overflow(limit: number, tokens: number) {
  return invalid(`This model's maximum prompt length is ${limit} but the request contains ${tokens} tokens.`);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return null;
  }
}
