/** One request to the real service: bounded in time and size, its failures as messages. */
import type { IncomingHttpHeaders } from "node:http";
import { describeProxy, outsideFetch } from "@kevo/core/outside/outside-fetch.ts";
import { proxyFor } from "@kevo/core/outside/proxy.ts";
import type { Answer, Request } from "./exchange.ts";
import type { Service } from "./transport.ts";

/** Larger answers are a fault or an attack. Bytes. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Sent on; the keys among them go nowhere else. */
const SENT = ["authorization", "x-api-key", "content-type", "accept", "user-agent"];
/** Kept of an answer. */
const KEPT = /^(content-type|retry-after|x-rate-limit-.*)$/;

/** @throws the signal's reason when aborted; everything else that goes wrong is an answer. */
export async function askService(
  service: Service,
  request: Request,
  headers: IncomingHttpHeaders,
  signal: AbortSignal,
): Promise<Answer> {
  const limit = AbortSignal.timeout(service.timeoutMs);
  const sent = SENT.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])] as const]));
  try {
    const response = await outsideFetch(`${service.origin}${request.path}`, {
      method: request.method,
      headers: Object.fromEntries(sent),
      body: request.body,
      // A redirect would carry the key to the host that it names.
      redirect: "manual",
      signal: AbortSignal.any([limit, signal]),
    });
    if (response.status >= 300 && response.status < 400) {
      const place = response.headers.get("location") ?? "nowhere";
      return failure(`${service.origin} redirects to ${place}; redirects are not followed`);
    }
    const kept = [...response.headers].filter(([name]) => KEPT.test(name));
    return { kind: "response", status: response.status, headers: Object.fromEntries(kept), body: await text(response) };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return failure(
      limit.aborted
        ? `no answer from ${service.origin} within ${service.timeoutMs / 1000} s${describeProxy(proxyFor(service.origin))}`
        : describe(service, error),
    );
  }
}

async function text(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new TooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

class TooLarge extends Error {}

function describe({ origin }: Service, error: unknown): string {
  const through = describeProxy(proxyFor(origin));
  if (error instanceof TooLarge) return `the answer of ${origin} is larger than ${MAX_ANSWER_BYTES / 2 ** 20} MiB`;
  const cause = (error as { cause?: { code?: string } }).cause?.code;
  if (cause === "UND_ERR_SOCKET" || cause === "ECONNRESET") return `the answer of ${origin} was truncated${through}`;
  return `no connection to ${origin} (${cause ?? (error as Error).message})${through}`;
}

const failure = (reason: string): Answer => ({ kind: "failure", reason });
