/**
 * Who may ask. The token is the only proof: nobody is trusted for being on this host. The Host header must name this
 * server, because a page of another site can make its own name point to this address (DNS rebinding); a request that says
 * which page it comes from must come from one of ours.
 */
import { timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { hostname } from "node:os";
import type { MiddlewareHandler } from "hono";
import { Refusal } from "./refusal.ts";

/** Nothing but what this server sends is loaded or run. */
const POLICY = [
  "default-src 'none'",
  ...["script-src", "style-src", "img-src", "font-src", "connect-src"].map((what) => `${what} 'self'`),
  ...["base-uri", "form-action", "frame-ancestors"].map((what) => `${what} 'none'`),
  "require-trusted-types-for 'script'",
].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "x-frame-options": "DENY",
};

export const withHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) context.res.headers.set(name, value);
};

/** @param host that the server was told to listen on. */
export function checkHost(host: string): MiddlewareHandler {
  const names = new Set(["localhost", host.toLowerCase(), hostname().toLowerCase()]);
  return async (context, next) => {
    const given = nameIn(context.req.header("host") ?? "");
    // Addresses cannot be rebound: a browser sends the name that it was given.
    if (given === null || !(names.has(given) || isIP(given) !== 0)) {
      throw new Refusal("wrong_host", "This server does not serve that host name. Use the address that it printed.");
    }
    await next();
  };
}

/** Of a Host header, without the port; null for what is none. */
function nameIn(header: string): string | null {
  const [, bracketed, plain] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s/@]+))(?::\d{1,5})?$/.exec(header) ?? [];
  return (bracketed ?? plain)?.toLowerCase() ?? null;
}

export const checkOrigin: MiddlewareHandler = async (context, next) => {
  const site = context.req.header("sec-fetch-site");
  const origin = context.req.header("origin");
  const isOwn = site === undefined || site === "same-origin" || site === "none";
  const isSame = origin === undefined || origin === `http://${context.req.header("host")}`;
  if (!isOwn || !isSame) throw new Refusal("wrong_origin", "Only pages of this server may use it.");
  await next();
};

export function checkToken(token: string): MiddlewareHandler {
  const wanted = Buffer.from(`Bearer ${token}`);
  return async (context, next) => {
    const given = Buffer.from(context.req.header("authorization") ?? "");
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      throw new Refusal(
        "unauthorized",
        "The token is missing or wrong. Open the address that the coordinator printed, with its #token part.",
      );
    }
    await next();
  };
}
