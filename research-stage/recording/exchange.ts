/** One request to an outside service and what came back, as it is stored. Keys are in headers and are never kept. */
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { z } from "zod";

const request = z.object({
  /** Name of the service, such as `x`; the host is not part of it, so a recording of a self-hosted server replays. */
  service: z.string(),
  method: z.string(),
  /** With its parameters sorted. */
  path: z.string(),
  /** Null without one. */
  body: z.string().nullable(),
});
export type Request = z.infer<typeof request>;

const answer = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("response"),
    status: z.number().int(),
    headers: z.record(z.string(), z.string()),
    body: z.string(),
  }),
  /** No response: refused, cut, or none in time. */
  z.object({ kind: z.literal("failure"), reason: z.string() }),
]);
export type Answer = z.infer<typeof answer>;

export const storedExchange = z.object({
  /** SHA-256 of the request's canonical JSON. */
  hash: z.string(),
  request,
  answer,
  /** False: it came from the cache, so another run paid for it. */
  paid: z.boolean(),
  /** Milliseconds since 1970. */
  recorded_at: z.number().int(),
});
export type StoredExchange = z.infer<typeof storedExchange>;

/** The order of parameters, and the order of keys in a JSON body, do not make another request. */
export function requestOf(service: string, method: string, target: string, body: string): Request {
  const url = new URL(target, "http://service");
  const pairs = [...url.searchParams].sort(([a, x], [b, y]) => compare(a, b) || compare(x, y));
  const search = new URLSearchParams(pairs).toString();
  return {
    service,
    method: method.toUpperCase(),
    path: search === "" ? url.pathname : `${url.pathname}?${search}`,
    body: body === "" ? null : canonicalBody(body),
  };
}

export function hashOf(of: Request): string {
  return createHash("sha256")
    .update(canonicalize(of) as string)
    .digest("hex");
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function canonicalBody(body: string): string {
  try {
    return canonicalize(JSON.parse(body)) as string;
  } catch {
    return body;
  }
}
