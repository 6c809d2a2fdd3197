/** An HTTP proxy, with and without tunnels, that takes every host for one local server. */
import { once } from "node:events";
import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";

export interface FakeProxy extends AsyncDisposable {
  readonly url: string;
  /** Its requests, such as `POST http://host/path` and `CONNECT host:443`, with the authorization. */
  readonly asked: readonly { readonly what: string; readonly authorization: string | undefined }[];
}

/** @param target the server's port; null: every connection is refused with 502. */
export async function startFakeProxy(target: number | null): Promise<FakeProxy> {
  const asked: { what: string; authorization: string | undefined }[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push({ what: `${incoming.method} ${incoming.url}`, authorization: incoming.headers["proxy-authorization"] });
    if (target === null || !URL.canParse(incoming.url ?? "")) {
      outgoing.writeHead(502, { "content-type": "text/html" }).end("<html><body>Bad gateway</body></html>");
      return;
    }
    const { pathname, search } = new URL(incoming.url ?? "");
    const { method, headers } = incoming;
    const on = request({ port: target, host: "127.0.0.1", method, path: `${pathname}${search}`, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(on);
  });
  server.on("connect", ({ url, headers }, socket) => {
    asked.push({ what: `CONNECT ${url}`, authorization: headers["proxy-authorization"] });
    if (target === null) return socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    const on = connect(target, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      on.pipe(socket).pipe(on);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
