/** Lets listen to a worker whoever was asked for: metrics, log lines, spans. Loads none of them unasked. */
import type { Logger } from "@kevo/core/logging/logger.ts";
import type { Telemetry } from "@kevo/core/telemetry/options.ts";
import { wantsSpans } from "@kevo/core/telemetry/wants-spans.ts";

export interface Observation extends AsyncDisposable {
  /** Tells people something. */
  readonly note: (message: string) => void;
}

/** @throws UserError (code 2) when metrics cannot be served at their address. */
export async function observeWorker({ metrics, logFormat }: Telemetry): Promise<Observation> {
  await using stack = new AsyncDisposableStack();
  let note = (message: string) => console.error(`island-worker: ${message}`);
  if (logFormat === "json" || wantsLines()) {
    const [{ createLogger }, { logWorker }] = await Promise.all([
      import("@kevo/core/logging/logger.ts"),
      import("./log-lines.ts"),
    ]);
    const logger = createLogger("island-worker");
    if (logger.isLevelEnabled("info")) stack.use(logWorker(logger));
    if (logFormat === "json") note = notesOf(logger);
  }
  if (metrics !== null) {
    const [{ serveMetrics }, { defineWorkerMetrics }] = await Promise.all([
      import("@kevo/core/telemetry/metrics-server.ts"),
      import("./metrics.ts"),
    ]);
    let connected = () => false;
    const define: Parameters<typeof serveMetrics>[1]["define"] = (registry) => {
      connected = defineWorkerMetrics(registry);
    };
    const server = stack.use(await serveMetrics(metrics, { define, ready: () => connected() }));
    note(`metrics at http://${server.address}/metrics`);
  }
  if (wantsSpans()) {
    const [{ openTracer }, { traceBatches }] = await Promise.all([
      import("@kevo/core/telemetry/tracer.ts"),
      import("./spans.ts"),
    ]);
    const tracer = stack.use(openTracer("island-worker"));
    stack.use(traceBatches(tracer));
  }
  const parts = stack.move();
  return { note, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

/** The logger itself takes a while to load. */
function wantsLines(): boolean {
  return ["info", "debug", "trace"].includes(process.env.KEVO_LOG ?? "");
}

/** Notes are lines at any level. */
function notesOf(logger: Logger): (message: string) => void {
  const own = logger.child({}, { level: logger.isLevelEnabled("info") ? logger.level : "info" });
  return (message) => own.info(message);
}
