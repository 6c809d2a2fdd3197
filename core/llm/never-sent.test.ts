import { once } from "node:events";
import { createServer as createWebServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import OpenAI, { APIConnectionTimeoutError } from "openai";
import { afterEach, describe, expect, test } from "vitest";
import { failureOf } from "./failure.ts";
import { BLOCKED_PORTS, modelFetch } from "./model-fetch.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function portOf(server: Server): Promise<number> {
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

/** The outcome of a call to that address, through the client library as the programs use it. */
async function failureAt(address: string) {
  const baseURL = `${address}/v1`;
  const api = new OpenAI({ apiKey: "none", baseURL, maxRetries: 0, logLevel: "off", fetch: modelFetch });
  const thrown = await api.chat.completions.create({ model: "m", messages: [] }).catch((error: unknown) => error);
  return failureOf(thrown, (text) => text, null);
}

async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await portOf(server);
  server.close();
  await once(server, "close");
  return port;
}

/** As undici throws it, and the client library wraps it. */
const wrapped = (cause: Error) =>
  Object.assign(new APIConnectionTimeoutError(), { cause: new TypeError("fetch failed", { cause }) });
const coded = (code: string, syscall?: string) => Object.assign(new Error(code), { code, syscall });

describe("nothing was sent, so nothing is counted", () => {
  test("to a port where nothing listens", async () => {
    const port = await closedPort();
    expect(await failureAt(`http://127.0.0.1:${port}`)).toMatchObject({ kind: "unreachable", free: true });
    expect(await failureAt(`http://localhost:${port}`)).toMatchObject({ kind: "unreachable", free: true });
  });

  test("to a port of another protocol, which is named", async () => {
    const failure = await failureAt("http://127.0.0.1:9");
    expect(failure).toMatchObject({ kind: "unreachable", free: true, message: expect.stringContaining("port 9") });
  });

  test("to an unknown host", async () => {
    expect(await failureAt("http://nobody.invalid")).toMatchObject({ kind: "unreachable", free: true });
  });

  test("over TLS, to a server that does not speak it", async () => {
    const port = await portOf(createWebServer((_request, response) => response.end("hi")));
    expect(await failureAt(`https://127.0.0.1:${port}`)).toMatchObject({ kind: "unreachable", free: true });
  });

  test.each([
    ["a connection that takes too long", coded("UND_ERR_CONNECT_TIMEOUT")],
    ["a connection that the system gives up", coded("ETIMEDOUT", "connect")],
    [
      "no address of the host that answers",
      new AggregateError([coded("ECONNREFUSED", "connect"), coded("ENETUNREACH", "connect")]),
    ],
    ["a name server that is away", coded("EAI_AGAIN", "getaddrinfo")],
    ["a certificate that is refused", coded("DEPTH_ZERO_SELF_SIGNED_CERT")],
  ])("%s", (_what, cause) => {
    expect(failureOf(wrapped(cause), (text) => text, null)).toMatchObject({ kind: "unreachable", free: true });
    expect(failureOf(wrapped(cause), (text) => text, "cancelled")).toMatchObject({ kind: "cancelled", free: true });
  });
});

describe("something may have been sent, so the call stays counted", () => {
  test("to a server that cuts the connection", async () => {
    const port = await portOf(createServer((socket) => socket.destroy()));
    expect(await failureAt(`http://127.0.0.1:${port}`)).toMatchObject({ kind: "unreachable", free: false });
  });

  test.each([
    ["the network went away under an open connection", coded("ENETUNREACH", "read")],
    ["no headers in time", coded("UND_ERR_HEADERS_TIMEOUT")],
    [
      "of the addresses, one was connected",
      new AggregateError([coded("ECONNREFUSED", "connect"), coded("ECONNRESET", "read")]),
    ],
    ["an unknown cause", new Error("fetch failed")],
  ])("%s", (_what, cause) => {
    expect(failureOf(wrapped(cause), (text) => text, null)).toMatchObject({ free: false });
  });
});

test("the ports of other protocols are those that fetch refuses without a try", async () => {
  // Nothing listens at that address: every try ends in a refused connection.
  const tried = [...BLOCKED_PORTS].map((port) =>
    fetch(`http://127.0.0.99:${port}`).catch((error: Error) => error.cause),
  );
  for (const cause of await Promise.all(tried)) expect(cause).not.toHaveProperty("syscall");
});
