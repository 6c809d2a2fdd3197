/**
 * The dashboard's server in a thread of its own. Its parent only starts it and carries out actions. Most runs are looked at
 * by nobody, so that what answers is loaded for the first request: until then the thread takes a third of the time.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import type { ActionDone } from "./act.ts";
import type { Answering } from "./answering.ts";
import { Refusal } from "./refusal.ts";
import type { FromThread, ThreadOptions, ToThread } from "./thread-messages.ts";

const options = workerData as ThreadOptions;
const { host, port } = options;
const parent = parentPort as NonNullable<typeof parentPort>;
const tell = (message: FromThread) => parent.postMessage(message);

const waiting = new Map<number, PromiseWithResolvers<ActionDone>>();
let actions = 0;

async function open(): Promise<Answering> {
  const { openAnswering } = await import("./answering.ts");
  return openAnswering(options, (request) => {
    const done = Promise.withResolvers<ActionDone>();
    waiting.set(++actions, done);
    tell({ type: "action", id: actions, request });
    return done.promise;
  });
}

let answering: Promise<Answering> | null = null;
const server = createServer((request, response) => {
  answering ??= open();
  // Where it cannot be opened the thread fails, and its parent says why.
  void answering.then(({ listener }) => listener(request, response));
});
server.listen(port, host, () => tell({ type: "listening", port: (server.address() as AddressInfo).port }));
server.on("error", (error: NodeJS.ErrnoException) =>
  tell({ type: "failed", code: error.code ?? null, why: error.message }),
);

async function close(): Promise<void> {
  server.close();
  server.closeAllConnections();
  (await answering)?.[Symbol.dispose]();
  parent.close();
}

parent.on("message", (message: ToThread) => {
  switch (message.type) {
    case "done":
      waiting.get(message.id)?.resolve(message);
      break;
    case "refused":
      waiting.get(message.id)?.reject(new Refusal("refused", message.why));
      break;
    case "close":
      void close();
      return;
  }
  waiting.delete(message.id);
});
