/** What answers requests, with a read-only connection of its own. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Act } from "./act.ts";
import { openApp } from "./app.ts";
import { LiveFeed } from "./live-feed.ts";
import { openPages } from "./pages.ts";
import { Reader } from "./read/reader.ts";
import type { ThreadOptions } from "./thread-messages.ts";

export interface Answering extends Disposable {
  readonly listener: (request: IncomingMessage, response: ServerResponse) => void;
  /** Tells open pages how the run ended. @returns whether there are any. */
  readonly tellLast: () => Promise<boolean>;
}

export function openAnswering({ database, version, token, host, run }: ThreadOptions, act: Act): Answering {
  const reader = new Reader(database, version);
  const feed = new LiveFeed(reader);
  const app = openApp({
    ...{ reader, feed, token, host, run, act, pages: openPages() },
    // Kernels and their spaces are loaded for those who ask for them.
    validityIn: async (of) => (await import("./read/search-space.ts")).validityIn(of),
  });
  const answer = getRequestListener(app.fetch, { hostname: host });
  return {
    listener: (request, response) => void answer(request, response),
    tellLast: () => feed.tellLast(),
    [Symbol.dispose]: () => {
      feed[Symbol.dispose]();
      reader[Symbol.dispose]();
    },
  };
}
