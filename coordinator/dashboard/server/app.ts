/** The dashboard's HTTP interface: the table of `contract/endpoints.ts`, events, actions, and the pages. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import Database from "better-sqlite3";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { ACTION_ENDPOINTS, API, ENDPOINTS, STREAMS } from "../contract/endpoints.ts";
import { actionsOf } from "./actions.ts";
import type { AppOptions } from "./app-options.ts";
import { checkHost, checkOrigin, checkToken, withHeaders } from "./guard.ts";
import { HANDLERS, type Handler } from "./handlers.ts";
import { openApi } from "./open-api.ts";
import { Refusal } from "./refusal.ts";

export function openApp(options: AppOptions): Hono {
  const { reader, feed, pages, token, host } = options;
  const app = new Hono();
  app.use(withHeaders);
  app.use(checkHost(host));
  app.use(`${API}/*`, checkOrigin, checkToken(token), async (context, next) => {
    await next();
    context.res.headers.set("cache-control", "no-store");
  });
  for (const [name, { path, query }] of Object.entries(ENDPOINTS)) {
    const handler = HANDLERS[name as keyof typeof HANDLERS] as Handler;
    app.get(API + path, async (context) =>
      context.json(await handler(options, context.req.param(), queryOf(context, query))),
    );
  }
  app.get(API + STREAMS.events.path, (context) => feed.runs(context));
  app.get(API + STREAMS.runEvents.path, (context) => feed.run(context, context.req.param("run") as string));
  app.get(`${API}/openapi.json`, (context) => context.json(openApi(reader.version)));
  const act = actionsOf(options);
  for (const { path, action, body } of ACTION_ENDPOINTS) {
    app.post(API + path, async (context) => {
      const given = parsed(body, await bodyOf(context));
      return context.json(await act(context.req.param("run") as string, action, given));
    });
  }
  app.all(`${API}/*`, (context) => {
    throw new Refusal(
      "not_found",
      `There is no ${context.req.method} ${context.req.path}. ${API}/openapi.json lists what there is.`,
    );
  });
  app.get("*", (context) => pages.serve(context));
  app.onError((error, context) => {
    const refusal = refusalOf(error);
    return context.json(refusal.body, refusal.status);
  });
  return app;
}

/** A name that occurs once is a value, unless the endpoint wants a list. */
function queryOf(context: Context, schema: z.ZodObject | null): Record<string, unknown> {
  if (schema === null) return {};
  const given = Object.entries(context.req.queries()).map(([name, values]) => {
    const wanted: unknown = schema.shape[name];
    return [name, wanted instanceof z.ZodArray ? values : values.at(-1)];
  });
  return parsed(schema, Object.fromEntries(given)) as Record<string, unknown>;
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Refusal("invalid", `${issue?.path.join(".") || "the body"}: ${issue?.message}`);
}

/** Larger ones are no action. */
const MAX_BODY = 256 * 1024;

async function bodyOf(context: Context): Promise<unknown> {
  if (!/^application\/json\b/.test(context.req.header("content-type") ?? "")) {
    throw new Refusal("invalid", "An action is sent as application/json.");
  }
  const length = Number(context.req.header("content-length") ?? Number.NaN);
  if (!(length <= MAX_BODY))
    throw new Refusal("invalid", `An action is at most ${MAX_BODY} bytes long, and says its length.`);
  try {
    return await context.req.json();
  } catch {
    throw new Refusal("invalid", "The body is not JSON.");
  }
}

function refusalOf(error: Error): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof UserError) return new Refusal("refused", error.message);
  if (error instanceof Database.SqliteError) {
    return new Refusal("unavailable", `The database cannot be read at this moment (${error.code}).`);
  }
  // For the log of the process: the page is told no more than that.
  process.stderr.write(`dashboard: ${error.stack ?? error.message}\n`);
  return new Refusal("internal", "The dashboard's server failed. Its coordinator's output says more.");
}
