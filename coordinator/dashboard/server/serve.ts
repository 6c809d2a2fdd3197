/**
 * The dashboard's server in a thread of its own, with a read-only connection of its own. Its parent only starts it and
 * carries out actions.
 */
import { parentPort, workerData } from "node:worker_threads";
import { serve } from "@hono/node-server";
import { openApp } from "./app.ts";
import { LiveFeed } from "./live-feed.ts";
import { openPages } from "./pages.ts";
import { Reader } from "./read/reader.ts";
import { Refusal } from "./refusal.ts";
import type { FromThread, ThreadOptions, ToThread } from "./thread-messages.ts";

const { database, host, port, token, run, version } = workerData as ThreadOptions;
const parent = parentPort as NonNullable<typeof parentPort>;
const tell = (message: FromThread) => parent.postMessage(message);

const reader = new Reader(database, version);
const feed = new LiveFeed(reader);
const waiting = new Map<number, PromiseWithResolvers<{ message: string; candidate: string | null }>>();
let actions = 0;

const app = openApp({
  ...{ reader, feed, token, host, run, pages: openPages() },
  // Kernels and their spaces are loaded for those who ask for them.
  validityIn: async (of) => (await import("./read/search-space.ts")).validityIn(of),
  act: (request) => {
    const done = Promise.withResolvers<{ message: string; candidate: string | null }>();
    waiting.set(++actions, done);
    tell({ type: "action", id: actions, request });
    return done.promise;
  },
});

const server = serve({ fetch: app.fetch, hostname: host, port }, ({ port: bound }) =>
  tell({ type: "listening", port: bound }),
);
server.on("error", (error: NodeJS.ErrnoException) =>
  tell({ type: "failed", code: error.code ?? null, why: error.message }),
);

parent.on("message", (message: ToThread) => {
  switch (message.type) {
    case "done":
      waiting.get(message.id)?.resolve(message);
      break;
    case "refused":
      waiting.get(message.id)?.reject(new Refusal("refused", message.why));
      break;
    case "close":
      feed[Symbol.dispose]();
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
      reader[Symbol.dispose]();
      parent.close();
      return;
  }
  waiting.delete(message.id);
});
