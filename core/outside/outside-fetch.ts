/** `fetch` for models and literature, which are outside the cluster: through the proxy that the environment names. */
import http from "node:http";
import type { Dispatcher } from "undici";
import { type ProxySetting, proxyFor } from "./proxy.ts";

const agents = new Map<string, Dispatcher>();

export const outsideFetch: typeof fetch = async (input, init) => {
  const proxy = proxyFor(input instanceof Request ? input.url : input);
  if (proxy === null) {
    askDirectly();
    return fetch(input, init);
  }
  // Loaded only where it is needed: most hosts have no proxy.
  const { fetch: fetchThrough, ProxyAgent } = await import("undici");
  const known = agents.get(proxy.url) ?? new ProxyAgent({ uri: proxy.url, proxyTunnel: false });
  agents.set(proxy.url, known);
  // The same standard by the same authors, under two names for the compiler.
  const through = fetchThrough as unknown as (input: unknown, init: unknown) => Promise<Response>;
  return through(input, { ...init, dispatcher: known });
};

let direct = false;

/** Under NODE_USE_ENV_PROXY, Node sends all its requests to the proxy, including those to this host. */
export function askDirectly(): void {
  if (direct) return;
  direct = true;
  if (process.env.NODE_USE_ENV_PROXY) http.setGlobalProxyFromEnv?.({});
}

/** The addition to a message about a failed request. */
export function describeProxy(proxy: ProxySetting | null): string {
  return proxy === null
    ? ""
    : `; it went through the proxy ${proxy.description} (no_proxy lists hosts to reach without it)`;
}
