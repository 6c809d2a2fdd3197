/**
 * Spans over OTLP/HTTP (JSON), configured by OpenTelemetry's own environment variables. Imported only where those are set.
 * Contexts are handed on by hand, as text: nothing is patched, and nothing is active that code did not pass on.
 */
import { type Context, type Span as OtelSpan, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

type Attributes = Readonly<Record<string, string | number | boolean>>;

interface SpanStart {
  readonly kind?: "client" | "server" | "internal";
  /** W3C trace context of the span that caused it; one that is malformed counts as none. */
  readonly parent?: string | undefined;
  /** How long ago it began, seconds. */
  readonly agoS?: number;
  readonly attributes?: Attributes;
}

export interface Span {
  /** For whoever continues it, in this process or another. */
  readonly traceparent: string;
  event(name: string): void;
  /** @param problem why it failed; null where it did not. */
  end(attributes?: Attributes, problem?: string | null): void;
}

export interface Tracer extends AsyncDisposable {
  start(name: string, start?: SpanStart): Span;
}

const KINDS = { client: SpanKind.CLIENT, server: SpanKind.SERVER, internal: SpanKind.INTERNAL } as const;
/** An end must not wait for a collector that does not answer. */
const FLUSH_MS = 2_000;

/** @param service `service.name`, unless OTEL_SERVICE_NAME says otherwise. */
export function openTracer(service: string): Tracer {
  const resource = defaultResource()
    .merge(resourceFromAttributes({ "service.name": service, "service.namespace": "kernelevolve" }))
    .merge(detectResources({ detectors: [envDetector] }));
  const processor = new BatchSpanProcessor({ exporter: new OTLPTraceExporter() });
  const provider = new TracerProvider({ resource, spanProcessors: [processor] });
  const tracer = provider.getTracer("kernelevolve");
  return {
    start: (name, { kind = "internal", parent, agoS = 0, attributes = {} } = {}) =>
      handle(
        tracer.startSpan(
          name,
          { kind: KINDS[kind], attributes: { ...attributes }, startTime: Date.now() - agoS * 1000 },
          contextOf(parent),
        ),
      ),
    [Symbol.asyncDispose]: async () => {
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, FLUSH_MS);
      });
      await Promise.race([provider.shutdown().catch(() => {}), limit]);
      clearTimeout(timer);
    },
  };
}

function handle(span: OtelSpan): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`,
    event: (name) => void span.addEvent(name),
    end: (attributes = {}, problem = null) => {
      span.setAttributes({ ...attributes });
      if (problem !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: problem });
      span.end();
    },
  };
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

function contextOf(traceparent: string | undefined): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? "") ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
  });
}
