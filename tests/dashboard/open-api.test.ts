/** What the server answers against what its own description promises: clients are made from openapi.json alone. */
import { Ajv2020, type AnySchemaObject } from "ajv/dist/2020.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { API } from "../../coordinator/dashboard/contract/endpoints.ts";
import { openApp } from "../../coordinator/dashboard/server/app.ts";
import { LiveFeed } from "../../coordinator/dashboard/server/live-feed.ts";
import { openApi } from "../../coordinator/dashboard/server/open-api.ts";
import { Reader } from "../../coordinator/dashboard/server/read/reader.ts";
import { buildFinished, type Finished } from "./finished.fixture.ts";

const TOKEN = "t".repeat(32);
const HOST = "127.0.0.1:4000";
const EVENTS = "text/event-stream";

interface Operation {
  readonly parameters: readonly { name: string; in: string; required: boolean }[];
  readonly responses: Readonly<Record<string, { content: Record<string, { schema: AnySchemaObject }> }>>;
}
type Method = "get" | "post";

const { paths } = openApi("1.2.3") as { paths: Record<string, Partial<Record<Method, Operation>>> };
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => [method as Method, path, operation] as const),
);

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });

/** What an answer has that was not promised, or the other way round. */
function faults(operation: Operation, status: "200" | "default", type: string, body: unknown): string[] {
  const validate = ajv.compile(operation.responses[status]?.content[type]?.schema ?? false);
  validate(body);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

let database: Finished;
let reader: Reader;
let app: ReturnType<typeof openApp>;
/** Of each part of a path and each query that must be there; of an action, its body. */
let given: Record<string, string>;
const BODIES: Readonly<Record<string, object>> = {
  drain: { evaluator: "127.0.0.1:1", drain: false },
  inject: { island: 0, config: { TILE: 8 } },
  budget: { evaluations: 100 },
};

beforeAll(() => {
  database = buildFinished();
  const { builder, run, child, research } = database;
  reader = new Reader(builder.path, "1.2.3");
  const feed = new LiveFeed(reader);
  const pages = { built: false, serve: () => new Response("page") };
  const act = async () => ({ message: "done", candidate: null });
  const validityIn = async () => null;
  app = openApp({ reader, feed, pages, token: TOKEN, host: "127.0.0.1", run: null, act, validityIn });
  given = { run, candidate: child, research, x: "TILE", call: "" };
});

afterAll(() => {
  reader[Symbol.dispose]();
  database.builder.remove();
});

const headers = { host: HOST, authorization: `Bearer ${TOKEN}` };

function ask(method: Method, path: string, operation: Operation, parts: Record<string, string>): Promise<Response> {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parts[name] as string));
  const query = operation.parameters
    .filter((one) => one.in === "query" && one.required)
    .map(({ name }) => (name === "run" ? `run=${parts.run}&run=${database.cells}` : `${name}=${parts[name]}`));
  const url = `http://${HOST}${API}${filled}?${query.join("&")}`;
  if (method === "get") return Promise.resolve(app.request(url, { headers }));
  const body = JSON.stringify(BODIES[path.split("/").at(-1) as string] ?? {});
  const more = { "content-type": "application/json", "content-length": String(body.length) };
  return Promise.resolve(app.request(url, { method: "POST", headers: { ...headers, ...more }, body }));
}

async function firstEvent({ body }: Response): Promise<unknown> {
  let text = "";
  for await (const piece of (body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
    text += piece;
    const [, data] = /^data: ?(.*)$/m.exec(text) ?? [];
    if (data !== undefined) return JSON.parse(data);
  }
  throw new Error(`no event came, only ${text}`);
}

test.each(operations)("%s %s answers what openapi.json says", async (method, path, operation) => {
  if (path.includes("{call}")) {
    const answered = await ask("get", "/runs/{run}/calls", operation, given);
    given.call = ((await answered.json()) as { calls: { call: string }[] }).calls[0]?.call as string;
  }
  // Actions are carried out for a run that a coordinator works on.
  const isAction = method === "post";
  if (isAction) Object.defineProperty(reader, "isLive", { value: () => true, configurable: true });
  const response = await ask(method, path, operation, given);
  if (isAction) Object.defineProperty(reader, "isLive", { value: () => false, configurable: true });
  const type = response.headers.get("content-type")?.split(";")[0] as string;
  const body = type === EVENTS ? await firstEvent(response) : await response.json();
  expect(response.status, JSON.stringify(body)).toBe(200);
  expect(faults(operation, "200", type, body)).toEqual([]);
  expect(Object.keys(body as object).length).toBeGreaterThan(0);
  // Each field is promised, and missed where it is missing.
  for (const name of Object.keys(body as object)) {
    const { [name]: _, ...less } = body as Record<string, unknown>;
    expect(faults(operation, "200", type, less), name).not.toEqual([]);
  }
});

test.each(operations.filter(([, path]) => path.includes("{")))(
  "%s %s refuses as openapi.json says",
  async (method, path, operation) => {
    const unknown = Object.fromEntries(Object.keys(given).map((name) => [name, "none"]));
    const response = await ask(method, path, operation, { ...unknown, x: "TILE" });
    const body = await response.json();
    expect(response.status, JSON.stringify(body)).toBe(404);
    expect(faults(operation, "default", "application/json", body)).toEqual([]);
  },
);
