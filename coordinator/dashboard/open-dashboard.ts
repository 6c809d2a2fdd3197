/** Starts the dashboard of a database. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { isLoopback } from "@kevo/core/config/address.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import packageJson from "../package.json" with { type: "json" };
import type { Act } from "./server/act.ts";
import { keepAddress, readKeptAddress } from "./server/kept-address.ts";
import type { FromThread, ThreadOptions, ToThread } from "./server/thread-messages.ts";

export interface Dashboard extends AsyncDisposable {
  /** With the token; whoever has it can read and act. */
  readonly url: string;
  /** Of the thread, should it fail. */
  readonly failed: Promise<Error>;
}

export interface DashboardOptions {
  readonly database: string;
  readonly host: string;
  /** Null: the port that it had before, else a free one. */
  readonly port: number | null;
  /** The run of the coordinator that serves it; null where none does. */
  readonly run: string | null;
  readonly act: Act;
}

/** More than the thread gives open pages for their last questions. */
const CLOSE_MS = 4_000;
/** New objects of the thread: by itself Node takes four times as much before it collects them. */
const YOUNG_MIB = 8;
/** Some times what the largest runs take; the smaller, the sooner what is left over is collected. */
const OLD_MIB = 256;

/** @throws UserError where the address cannot be listened on. */
export async function openDashboard({ database, host, port, run, act }: DashboardOptions): Promise<Dashboard> {
  const kept = readKeptAddress(database);
  const { version } = packageJson;
  const options = { database, host, run, version, token: kept.token };
  const started =
    port === null
      ? ((await start({ ...options, port: kept.port }, act)) ?? (await start({ ...options, port: 0 }, act)))
      : await start({ ...options, port }, act);
  if (started === null) {
    throw new UserError(
      `--dashboard ${host}:${port}: the address is already in use. Choose another port, or omit the option.`,
    );
  }
  // One of another process that is still open keeps its own.
  if (kept.port === 0 && isLoopback(host)) keepAddress(database, { token: kept.token, port: started.port });
  const name = host.includes(":") ? `[${host}]` : host;
  return { ...started, url: `http://${name}:${started.port}/#token=${kept.token}` };
}

interface Started extends Omit<Dashboard, "url"> {
  readonly port: number;
}

/** @returns null where the address is in use. */
async function start(options: ThreadOptions, act: Act): Promise<Started | null> {
  const worker = new Worker(new URL("./server/thread.ts", import.meta.url), {
    ...{ workerData: options, name: "dashboard" },
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB, maxOldGenerationSizeMb: OLD_MIB },
  });
  // A run ends although somebody looks at it.
  worker.unref();
  const listening = Promise.withResolvers<number | null>();
  const failed = Promise.withResolvers<Error>();
  const answer = (message: ToThread) => worker.postMessage(message);
  worker.on("error", (error) => {
    listening.reject(error);
    failed.resolve(error as Error);
  });
  worker.on("message", (message: FromThread) => {
    switch (message.type) {
      case "listening":
        return listening.resolve(message.port);
      case "failed": {
        if (message.code === "EADDRINUSE") return listening.resolve(null);
        return listening.reject(
          new UserError(`The dashboard cannot listen on ${options.host}:${options.port}: ${message.why}.`),
        );
      }
      case "action":
        act(message.request).then(
          (done) => answer({ type: "done", id: message.id, ...done }),
          (error: Error) => answer({ type: "refused", id: message.id, why: error.message }),
        );
    }
  });
  const close = async () => {
    const exited = once(worker, "exit");
    answer({ type: "close" });
    const late = setTimeout(() => void worker.terminate(), CLOSE_MS);
    await exited;
    clearTimeout(late);
  };
  const port = await listening.promise;
  if (port === null) {
    await close();
    return null;
  }
  return { port, failed: failed.promise, [Symbol.asyncDispose]: close };
}
