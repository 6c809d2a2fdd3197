/** Prometheus metrics of this process over HTTP, with the two probes that an orchestrator asks for beside them. */
import { createServer, type Server } from "node:http";
import { collectDefaultMetrics, Registry } from "prom-client";
import { type Address, formatAddress } from "../config/address.ts";
import { reasonOf } from "../errors/system-error.ts";
import { UserError } from "../errors/user-error.ts";

export interface MetricsServer extends AsyncDisposable {
  /** HOST:PORT that is listened on. */
  readonly address: string;
}

export interface MetricsOptions {
  /** Adds the program's own metrics to those of its process. */
  readonly define: (registry: Registry) => void;
  /** Whether the program can take work now. That it answers at all says that it lives. */
  readonly ready: () => boolean;
}

/** A scraper opens one connection; a few may be at work. */
const MAX_CONNECTIONS = 32;
const REQUEST_MS = 5_000;

/** @throws UserError (code 2) when the address cannot be bound. */
export async function serveMetrics(at: Address, { define, ready }: MetricsOptions): Promise<MetricsServer> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  define(registry);
  const server = createServer((request, response) => {
    const answer = (status: number, body: string, type = "text/plain; charset=utf-8") => {
      response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
      response.end(request.method === "HEAD" ? undefined : body);
    };
    if (request.method !== "GET" && request.method !== "HEAD") return answer(405, "GET only\n");
    switch (request.url?.split("?", 1)[0]) {
      case "/metrics":
        registry.metrics().then(
          (text) => answer(200, text, registry.contentType),
          (error: Error) => answer(500, `${error.message}\n`),
        );
        return;
      case "/healthz":
        return answer(200, "alive\n");
      case "/readyz":
        return ready() ? answer(200, "ready\n") : answer(503, "not ready\n");
      default:
        return answer(404, "/metrics, /healthz or /readyz\n");
    }
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.requestTimeout = REQUEST_MS;
  server.headersTimeout = REQUEST_MS;
  const port = await listen(server, at);
  // It serves a program, and keeps none alive.
  server.unref();
  return {
    address: formatAddress({ host: at.host, port }),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, { host, port }: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      const where = formatAddress({ host, port });
      reject(new UserError(`--metrics ${where}: cannot listen there (${reasonOf(error)}). Choose another address.`, 2));
    });
    server.listen(port, host, () => resolve((server.address() as { port: number }).port));
  });
}
