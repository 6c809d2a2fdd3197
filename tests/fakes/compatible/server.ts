/**
 * A local server that speaks the chat completions of OpenAI as servers and gateways do that only resemble them: each
 * mode is one thing that such a server was seen to do. Other paths than `/v1/chat/completions` are not there.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { MODES, type Mode, type Reply } from "./modes.ts";

export interface FakeCompatible extends AsyncDisposable {
  /** Without `/v1`. */
  readonly origin: string;
  /** For `LLM_BASE_URL`. */
  readonly url: string;
  /** Bodies, oldest first. */
  readonly received: readonly Readonly<Record<string, unknown>>[];
}

/** @param value what the model means to answer; how it says so is the mode's. */
export async function startFakeCompatible(mode: Mode, value: unknown): Promise<FakeCompatible> {
  const received: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url !== "/v1/chat/completions") return send(response, { status: 404, body: "404 page not found" });
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
    received.push(body);
    send(response, MODES[mode]({ asked: body, json: JSON.stringify(value), value }));
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    url: `${origin}/v1`,
    received,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, { status = 200, body, type, headers = {} }: Reply): void {
  const isText = typeof body === "string";
  response.writeHead(status, { "content-type": type ?? (isText ? "text/plain" : "application/json"), ...headers });
  response.end(isText ? body : JSON.stringify(body));
}
