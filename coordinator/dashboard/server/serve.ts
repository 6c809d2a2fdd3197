/**
 * The dashboard's server in a thread of its own. Its parent only starts it and carries out actions. Most runs are looked at
 * by nobody, so that what answers is loaded for the first request: until then the thread takes a third of the time.
 */
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import type { ActionDone } from "./act.ts";
import type { Answering } from "./answering.ts";
import { Refusal } from "./refusal.ts";
import type { FromThread, ThreadOptions, ToThread } from "./thread-messages.ts";

/** So long pages are given for their last questions, and so long they must have asked nothing. Milliseconds. */
const LAST_MS = 2_000;
const QUIET_MS = 300;
const LOOK_MS = 25;

// An import reads all that the module exports, and with it loads a client that nobody wants: thirty milliseconds.
const { createServer } = process.getBuiltinModule("node:http");

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
/** When something was last asked for or answered, and how much of it is not answered. A stream of events never is. */
let busyAt = 0;
let unanswered = 0;
const server = createServer((request, response) => {
  if (!isStream(request)) {
    [busyAt, unanswered] = [performance.now(), unanswered + 1];
    response.once("close", () => {
      [busyAt, unanswered] = [performance.now(), unanswered - 1];
    });
  }
  answering ??= open();
  // Where it cannot be opened the thread fails, and its parent says why.
  void answering.then(({ listener }) => listener(request, response));
});
server.listen(port, host, () => tell({ type: "listening", port: (server.address() as AddressInfo).port }));
server.on("error", (error: NodeJS.ErrnoException) =>
  tell({ type: "failed", code: error.code ?? null, why: error.message }),
);

function isStream({ headers }: IncomingMessage): boolean {
  return headers.accept?.includes("text/event-stream") === true;
}

/** The coordinator ends with its run: pages that show it learn how it ended, and what they then ask for is answered. */
async function answerLast(): Promise<void> {
  if (options.run === null || answering === null) return;
  busyAt = performance.now();
  const until = busyAt + LAST_MS;
  const isThere = await Promise.race([(await answering).tellLast(), sleep(LAST_MS, false)]);
  while (isThere && performance.now() < until && (unanswered > 0 || performance.now() - busyAt < QUIET_MS)) {
    await sleep(LOOK_MS);
  }
}

async function close(): Promise<void> {
  await answerLast();
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
