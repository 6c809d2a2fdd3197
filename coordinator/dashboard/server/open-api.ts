/** The API's description, from the same schemas that the server and the pages use. */
import { z } from "zod";
import { failure } from "../contract/common.ts";
import { ACTION_ENDPOINTS, API, ENDPOINTS, type Endpoint, STREAMS } from "../contract/endpoints.ts";
import { liveChange, runsChange } from "../contract/live.ts";

type Json = Record<string, unknown>;

export function openApi(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const [id, endpoint] of Object.entries<Endpoint>(ENDPOINTS)) {
    const { path, summary, query, answer } = endpoint;
    paths[templated(path)] = { get: operation(id, summary, [...partsOf(path), ...queriesOf(query)], answer) };
  }
  for (const [id, { path, summary }] of Object.entries(STREAMS)) {
    const event = id === "events" ? runsChange : liveChange;
    const get = operation(id, `${summary} Server-sent events.`, partsOf(path), event, "text/event-stream");
    paths[templated(path)] = { get };
  }
  for (const { path, action, body, answer } of ACTION_ENDPOINTS) {
    const post = operation(action, ACTION_SUMMARY, partsOf(path), answer);
    const content = { "application/json": { schema: schemaOf(body, "input") } };
    paths[templated(path)] = { post: { ...post, requestBody: { required: true, content } } };
  }
  return {
    openapi: "3.1.0",
    info: { title: "KernelEvolve dashboard", version },
    servers: [{ url: API }],
    security: [{ token: [] }],
    components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    paths,
  };
}

const ACTION_SUMMARY = "Acts on a run that a coordinator works on, and stores who did it and when.";

function operation(
  id: string,
  summary: string,
  parameters: Json[],
  answer: z.ZodType,
  type = "application/json",
): Json {
  const failed = { "application/json": { schema: schemaOf(failure) } };
  return {
    operationId: id,
    summary,
    parameters,
    responses: {
      "200": { description: "The answer.", content: { [type]: { schema: schemaOf(answer) } } },
      default: { description: "A refusal; `error.code` says why.", content: failed },
    },
  };
}

function partsOf(path: string): Json[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    ...{ name, in: "path", required: true, schema: { type: "string" } },
  }));
}

function queriesOf(query: z.ZodObject | null): Json[] {
  if (query === null) return [];
  return Object.entries(query.shape).map(([name, schema]) => ({
    ...{ name, in: "query", required: !z.safeParse(schema as z.ZodType, undefined).success },
    schema: schemaOf(schema as z.ZodType, "input"),
  }));
}

const templated = (path: string): string => path.replaceAll(/:(\w+)/g, "{$1}");

function schemaOf(schema: z.ZodType, io: "input" | "output" = "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}
