/**
 * The proxy that the environment names for an address outside the cluster: `http_proxy`, `https_proxy`, `all_proxy` and
 * `no_proxy`, in lower or upper case, as curl reads them. Addresses of this host need no proxy.
 */
import { BlockList, isIP } from "node:net";
import { isLoopback } from "../config/address.ts";

export interface ProxySetting {
  /** The proxy's own address, with its password. */
  readonly url: string;
  /** Such as `https_proxy=http://proxy:3128`, without a password. */
  readonly description: string;
}

/** Null where the address is asked directly. */
export function proxyFor(address: string | URL, environment: NodeJS.ProcessEnv = process.env): ProxySetting | null {
  const { protocol, hostname, port } = new URL(address);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (isLoopback(host) || host.endsWith(".localhost") || isExcepted(host, port || portOf(protocol), environment)) {
    return null;
  }
  const set = [`${protocol.slice(0, -1)}_proxy`, "all_proxy"].flatMap((name) => variable(name, environment) ?? []);
  const [first] = set;
  if (first === undefined) return null;
  const { name, value } = first;
  // Tools take a proxy without a scheme for one of HTTP.
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  return { url, description: `${name}=${withoutPassword(url)}` };
}

function variable(
  name: string,
  environment: NodeJS.ProcessEnv,
): { readonly name: string; readonly value: string } | null {
  for (const spelled of [name, name.toUpperCase()]) {
    const value = environment[spelled]?.trim();
    if (value) return { name: spelled, value };
  }
  return null;
}

function isExcepted(host: string, port: string, environment: NodeJS.ProcessEnv): boolean {
  const list = variable("no_proxy", environment)?.value.split(/[\s,]+/) ?? [];
  return list.some((entry) => entry !== "" && matches(entry.toLowerCase(), host.toLowerCase(), port));
}

/** `*`, a host with its subdomains, with or without a dot or `*.` before it and a port behind it, or a network. */
function matches(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  const [, bracketed, plain, wantedPort] = /^(?:\[([^\]]+)\]|([^:]+|[^:]*:[^:]*:.*))(?::(\d+))?$/.exec(entry) ?? [];
  const wanted = (bracketed ?? plain ?? entry).replace(/^\*?\./, "");
  if (wantedPort !== undefined && wantedPort !== port) return false;
  const [network, prefix] = wanted.split("/");
  const family = isIP(network ?? "");
  if (family !== 0)
    return isIP(host) === family && isWithin(host, network as string, prefix, family === 4 ? "ipv4" : "ipv6");
  return host === wanted || host.endsWith(`.${wanted}`);
}

function isWithin(host: string, network: string, prefix: string | undefined, family: "ipv4" | "ipv6"): boolean {
  const bits = prefix === undefined ? (family === "ipv4" ? 32 : 128) : Number(prefix);
  if (!Number.isInteger(bits) || bits < 0 || bits > (family === "ipv4" ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, family);
  return list.check(host, family);
}

const portOf = (protocol: string): string => (protocol === "https:" ? "443" : "80");

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//…@");
}
