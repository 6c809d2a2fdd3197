/** Shared by the fake services: an HTTP server that keeps its requests and misbehaves by scenario. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Fault, parseScenario } from "./fault.ts";

export interface FakeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface FakeAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface FakeService {
  answer(request: FakeRequest): FakeAnswer;
  /** The service's own message for a fault; null: the server does it itself (hang, cut). */
  refuse(fault: Fault, request: FakeRequest): FakeAnswer | null;
}

export interface FakeServer extends AsyncDisposable {
  /** Stands for the service's origin. */
  readonly url: string;
  /** All that was asked, oldest first. */
  readonly requests: readonly FakeRequest[];
  /** From the next call on. */
  scenario(text: string): void;
}

/** @param port 0 for any. */
export async function startFake(service: FakeService, scenario = "ok", port = 0): Promise<FakeServer> {
  let faults = parseScenario(scenario);
  const requests: FakeRequest[] = [];
  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => {
      const { method = "GET", headers } = incoming;
      const url = new URL(incoming.url ?? "/", "http://fake");
      const request = { method, url, headers, body: Buffer.concat(parts).toString("utf8") };
      requests.push(request);
      const fault = (faults.length > 1 ? faults.shift() : faults[0]) ?? { name: "ok", value: null };
      misbehave(service, fault, request, response);
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${actual}`,
    requests,
    scenario: (text) => {
      faults = parseScenario(text);
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function misbehave(service: FakeService, fault: Fault, request: FakeRequest, response: ServerResponse): void {
  const good = () => service.answer(request);
  switch (fault.name) {
    case "hang":
      return;
    case "cut-early":
      response.destroy();
      return;
    case "cut": {
      const { status, headers, body } = good();
      response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
      response.write(body.slice(0, body.length / 2), () => response.destroy());
      return;
    }
    case "truncated": {
      const { status, headers, body } = good();
      response.writeHead(status, headers).end(body.slice(0, body.length / 2));
      return;
    }
    case "redirect":
      response.writeHead(302, { location: "http://127.0.0.1:9/other" }).end();
      return;
    default: {
      const { status, headers, body } = (fault.name === "ok" ? null : service.refuse(fault, request)) ?? good();
      response.writeHead(status, headers).end(body);
    }
  }
}
