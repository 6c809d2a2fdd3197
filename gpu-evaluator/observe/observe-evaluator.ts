/** Lets listen to an evaluator whoever was asked for: metrics, log lines, spans. Loads none of them unasked. */
import type { Logger } from "@kevo/core/logging/logger.ts";
import type { Telemetry } from "@kevo/core/telemetry/options.ts";
import { wantsSpans } from "@kevo/core/telemetry/wants-spans.ts";
import type { Daemon } from "../daemon/daemon.ts";

/** @throws UserError (code 2) when metrics cannot be served at their address. */
export async function observeEvaluator(
  daemon: Daemon,
  { metrics }: Telemetry,
  logger: Logger,
): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  if (logger.isLevelEnabled("info")) stack.use((await import("./log-lines.ts")).logEvaluations(logger));
  if (metrics !== null) {
    const [{ serveMetrics }, { defineEvaluatorMetrics }] = await Promise.all([
      import("@kevo/core/telemetry/metrics-server.ts"),
      import("./metrics.ts"),
    ]);
    const define: Parameters<typeof serveMetrics>[1]["define"] = (registry) => defineEvaluatorMetrics(registry, daemon);
    const server = stack.use(await serveMetrics(metrics, { define, ready: () => !daemon.draining }));
    console.error(`gpu-evaluator: metrics at http://${server.address}/metrics`);
  }
  if (wantsSpans()) {
    const [{ openTracer }, { traceEvaluations }] = await Promise.all([
      import("@kevo/core/telemetry/tracer.ts"),
      import("./spans.ts"),
    ]);
    const tracer = stack.use(openTracer("gpu-evaluator"));
    stack.use(traceEvaluations(tracer));
  }
  return stack.move();
}
