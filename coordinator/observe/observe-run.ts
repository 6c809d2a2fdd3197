/** Lets listen to a run whoever was asked for: metrics, log lines, spans. Loads none of them unasked. */
import { createLogger } from "@kevo/core/logging/logger.ts";
import { NO_TELEMETRY, type Telemetry } from "@kevo/core/telemetry/options.ts";
import { wantsSpans } from "@kevo/core/telemetry/wants-spans.ts";

import { openProgress } from "../progress/open-progress.ts";
import { type Progress, silent } from "../progress/progress.ts";
import type { RunSnapshot } from "../snapshot/snapshot.ts";

export interface ObserveOptions {
  readonly run: string;
  readonly telemetry: Telemetry | undefined;
  /** With `--json` nothing is said to people. */
  readonly json: boolean;
}

export interface Observation extends AsyncDisposable {
  /** Where the run shows how it goes. */
  readonly progress: Progress;
}

/** @throws UserError (code 2) when metrics cannot be served at their address. */
export async function observeRun({ run, telemetry = NO_TELEMETRY, json }: ObserveOptions): Promise<Observation> {
  await using stack = new AsyncDisposableStack();
  const { metrics, logFormat } = telemetry;
  const logger = createLogger("coordinator");
  let progress = logFormat === "text" ? openProgress(process.stderr, { json }) : silent;
  if (logFormat === "json" || logger.isLevelEnabled("info")) {
    const { jsonLines, logRun } = await import("./log-lines.ts");
    stack.use(logRun(logger, run));
    if (logFormat === "json") progress = jsonLines(logger, run);
  }
  if (metrics !== null) {
    const [{ serveMetrics }, { defineRunMetrics }] = await Promise.all([
      import("@kevo/core/telemetry/metrics-server.ts"),
      import("./metrics.ts"),
    ]);
    let latest: RunSnapshot | null = null;
    const define: Parameters<typeof serveMetrics>[1]["define"] = (registry) =>
      defineRunMetrics(registry, {
        snapshot: () => latest,
      });
    const server = stack.use(await serveMetrics(metrics, { define, ready: () => latest !== null }));
    progress.note(`metrics: http://${server.address}/metrics`);
    progress = watched(progress, (snapshot) => {
      latest = snapshot;
    });
  }
  if (wantsSpans()) {
    const [{ openTracer }, { traceRun }] = await Promise.all([
      import("@kevo/core/telemetry/tracer.ts"),
      import("./spans.ts"),
    ]);
    const tracer = stack.use(openTracer("coordinator"));
    stack.use(traceRun(tracer));
  }
  const parts = stack.move();
  return { progress, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

/** Also keeps each snapshot for somebody else. */
function watched(progress: Progress, keep: (snapshot: RunSnapshot) => void): Progress {
  return {
    update: (snapshot) => {
      keep(snapshot);
      progress.update(snapshot);
    },
    note: (text) => progress.note(text),
    close: () => progress.close(),
  };
}
