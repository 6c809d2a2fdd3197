/** An OpenTelemetry collector as far as the programs need one: takes spans over OTLP/HTTP as JSON and keeps them. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

const text = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) });
const batch = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(text) }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
              attributes: z.array(text).default([]),
            }),
          ),
        }),
      ),
    }),
  ),
});

export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  readonly trace: string;
  readonly id: string;
  readonly parent: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface Collector extends AsyncDisposable {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** All that was received, as it came. */
  readonly bodies: readonly string[];
}

const valuesOf = (attributes: readonly z.infer<typeof text>[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

export async function startCollector(): Promise<Collector> {
  const spans: ReceivedSpan[] = [];
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    bodies.push(body);
    for (const { resource, scopeSpans } of batch.parse(JSON.parse(body)).resourceSpans) {
      const service = String(valuesOf(resource.attributes)["service.name"]);
      for (const { traceId, spanId, parentSpanId = "", name, attributes } of scopeSpans.flatMap((s) => s.spans)) {
        spans.push({
          service,
          name,
          trace: traceId,
          id: spanId,
          parent: parentSpanId,
          attributes: valuesOf(attributes),
        });
      }
    }
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    bodies,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
