/**
 * The gateway of `transport.ts`: an HTTP server on loopback, of this process and for its length. A line is a random
 * path on it, so no other process of the host can use it.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { formatAddress } from "@kevo/core/config/address.ts";
import { loopbackHost } from "@kevo/core/config/loopback.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { secretValues } from "@kevo/core/logging/secrets.ts";
import { askDirectly } from "@kevo/core/outside/outside-fetch.ts";
import { type Answer, hashOf, type Request, requestOf, type StoredExchange } from "./exchange.ts";
import { inPace } from "./pace.ts";
import type { Exchange, ExchangeStore, Service, Transport } from "./transport.ts";
import { askService } from "./upstream.ts";

export interface GatewayOptions {
  /** Of this run. Live: written, and read so that a resumed run repeats no call. Replay: the only source of answers. */
  readonly recording: ExchangeStore;
  readonly replay: boolean;
  /** Shared by runs, live only; an answer serves while the service calls it fresh. */
  readonly cache: ExchangeStore | null;
  readonly environment?: NodeJS.ProcessEnv;
  readonly now?: () => number;
}

interface OpenLine {
  readonly service: Service;
  readonly exchanges: Exchange[];
  readonly closed: AbortController;
}

/** Larger requests are a mistake of ours. Bytes. */
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;

export async function openGateway(options: GatewayOptions): Promise<Transport> {
  // The clients of the services reach this gateway through Node's own HTTP.
  askDirectly();
  const lines = new Map<string, OpenLine>();
  const answerer = createAnswerer(options);
  const server = createServer((request, response) => {
    // An error here is a fault of ours or of the store; the client gets its message.
    serve(lines, answerer, request, response).catch((error: unknown) => {
      reply(response, { kind: "failure", reason: error instanceof Error ? error.message : String(error) });
    });
  });
  const host = await loopbackHost();
  server.listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  return {
    replay: options.replay,
    call: async (service, signal, use) => {
      signal?.throwIfAborted();
      const token = randomBytes(12).toString("hex");
      const line: OpenLine = { service, exchanges: [], closed: new AbortController() };
      lines.set(token, line);
      const abort = () => line.closed.abort(signal?.reason);
      signal?.addEventListener("abort", abort);
      try {
        return await use({ baseUrl: `http://${formatAddress({ host, port })}/${token}`, exchanges: line.exchanges });
      } finally {
        signal?.removeEventListener("abort", abort);
        lines.delete(token);
        line.closed.abort();
        signal?.throwIfAborted();
        refuseMissing(line);
      }
    },
    pause: async (ms, signal) => {
      if (!options.replay && ms > 0) await sleep(ms, undefined, signal === undefined ? {} : { signal });
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function refuseMissing({ service, exchanges }: OpenLine): void {
  const missing = exchanges.find(({ from }) => from === "missing");
  if (missing === undefined) return;
  throw new UserError(
    `The recording has no answer to ${missing.method} ${decodeURIComponent(missing.path).slice(0, 300)} of ${service.name} ` +
      `(${missing.hash.slice(0, 12)}). It was recorded with another question or by another version. Record it again.`,
  );
}

type Answerer = (line: OpenLine, request: Request, headers: IncomingMessage["headers"]) => Promise<Exchange>;

/** Finds or fetches the answer to a request. The same request twice at once is asked once. */
function createAnswerer({ recording, replay, cache, environment, now = Date.now }: GatewayOptions): Answerer {
  const secrets = secretValues(environment);
  const timesAsked = new Map<string, number>();
  /** Recorded exchanges whose cost has been told to a source in this process, as `hash/index`. */
  const counted = new Set<string>();
  const inFlight = new Map<string, Promise<StoredExchange>>();

  const fetchAnswer = async (line: OpenLine, hash: string, request: Request, headers: IncomingMessage["headers"]) => {
    const { service, closed } = line;
    const answer = await inPace(service.name, service.intervalMs, closed.signal, () =>
      askService(service, request, headers, closed.signal),
    );
    const exchange = { hash, request, answer: withoutSecrets(answer, secrets), paid: true, recorded_at: now() };
    await recording.add(exchange);
    if (cache !== null && isSound(service, answer)) await cache.add(exchange);
    return exchange;
  };

  return async ({ service, ...line }, request, headers) => {
    const hash = hashOf(request);
    const seen = (from: Exchange["from"], { answer, paid, recorded_at }: StoredExchange): Exchange => {
      return { hash, method: request.method, path: request.path, from, answer, paid, at: recorded_at };
    };
    const fromRecording = (all: readonly StoredExchange[], index: number): Exchange => {
      const stored = all[index] as StoredExchange;
      const paid = stored.paid && !counted.has(`${hash}/${index}`);
      counted.add(`${hash}/${index}`);
      return seen("recording", { ...stored, paid });
    };
    const recorded = await recording.find(hash);
    if (replay) {
      const asked = timesAsked.get(hash) ?? 0;
      timesAsked.set(hash, asked + 1);
      if (recorded.length > 0) return fromRecording(recorded, Math.min(asked, recorded.length - 1));
      return {
        hash,
        method: request.method,
        path: request.path,
        from: "missing",
        answer: null,
        paid: false,
        at: now(),
      };
    }
    const own = recorded.findLastIndex(({ answer }) => isSound(service, answer));
    if (own >= 0) return fromRecording(recorded, own);
    const cached = (await cache?.find(hash))?.findLast(
      ({ answer, recorded_at }) => isSound(service, answer) && service.fresh(recorded_at, now()),
    );
    if (cached !== undefined) {
      const free = { ...cached, paid: false };
      await recording.add(free);
      return seen("cache", free);
    }
    const twin = inFlight.get(hash);
    if (twin !== undefined) return seen("cache", { ...(await twin), paid: false });
    const fetching = fetchAnswer({ service, ...line }, hash, request, headers);
    inFlight.set(hash, fetching);
    try {
      const fetched = await fetching;
      counted.add(`${hash}/${recorded.length}`);
      return seen("network", fetched);
    } finally {
      inFlight.delete(hash);
    }
  };
}

const isSound = (service: Service, answer: Answer): boolean =>
  answer.kind === "response" && answer.status === 200 && service.sound(answer.body);

/** A service may repeat a key in its answer; the recording contains none. */
function withoutSecrets(answer: Answer, secrets: readonly string[]): Answer {
  if (answer.kind === "failure") return answer;
  return { ...answer, body: secrets.reduce((body, secret) => body.replaceAll(secret, "[redacted]"), answer.body) };
}

async function serve(
  lines: ReadonlyMap<string, OpenLine>,
  answerer: Answerer,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, token = "", rest = ""] = /^\/([^/]+)(\/.*)$/.exec(incoming.url ?? "") ?? [];
  const line = lines.get(token);
  if (line === undefined) throw new Error("this connection is closed");
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    size += part.byteLength;
    if (size > MAX_REQUEST_BYTES) throw new Error("the request is too large");
    parts.push(part);
  }
  const body = Buffer.concat(parts).toString("utf8");
  const request = requestOf(line.service.name, incoming.method ?? "GET", rest, body);
  const exchange = await answerer(line, request, incoming.headers);
  line.exchanges.push(exchange);
  reply(response, exchange.answer ?? { kind: "failure", reason: "the recording has no answer to this request" });
}

function reply(response: ServerResponse, answer: Answer): void {
  if (answer.kind === "response") {
    response.writeHead(answer.status, answer.headers).end(answer.body);
  } else {
    response.writeHead(504, { "content-type": "application/json" }).end(JSON.stringify({ error: answer.reason }));
  }
}
