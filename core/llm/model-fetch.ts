/**
 * `fetch` for model endpoints: reports a port that fetch refuses as a separate error class, and keeps a server's error
 * in another form than OpenAI's, which the client library would drop.
 */
import { outsideFetch } from "../outside/outside-fetch.ts";
import { parseJson } from "./json-text.ts";

/** Ports of other protocols (https://fetch.spec.whatwg.org/#port-blocking). */
export const BLOCKED_PORTS: ReadonlySet<string> = new Set(
  (
    "1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 123 " +
    "135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 990 993 " +
    "995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080"
  ).split(" "),
);

/** Nothing was sent. */
export class BlockedPort extends Error {
  constructor(port: string) {
    super(
      `port ${port} is reserved for another protocol, so HTTP clients do not connect to it; serve the model on another port`,
    );
  }
}

export const modelFetch: typeof fetch = async (input, init) => {
  const { port } = new URL(input instanceof Request ? input.url : input);
  if (BLOCKED_PORTS.has(port)) throw new BlockedPort(port);
  const response = await outsideFetch(input, init);
  return response.ok ? response : withError(response);
};

/** The body under `error`, where the library looks for it. */
async function withError(response: Response): Promise<Response> {
  const text = await response.text();
  const body = parseJson(text);
  const isBare = typeof body === "object" && body !== null && !("error" in body && typeof body.error === "object");
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  for (const name of ["content-encoding", "content-length"]) headers.delete(name);
  return new Response(isBare ? JSON.stringify({ error: body }) : text, { status, statusText, headers });
}
