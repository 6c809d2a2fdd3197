/** The span that begins the trace of a batch. */
import type { Span, Tracer } from "@kevo/core/telemetry/tracer.ts";
import { batchSent, batchSettled } from "../telemetry/channels.ts";

export function traceBatches(tracer: Tracer): Disposable {
  const stack = new DisposableStack();
  /** By run and island: a batch waits for the one before. */
  const open = new Map<string, Span>();
  stack.use(
    batchSent.listen(({ run, island, k, proposers, carrier }) => {
      const attributes = {
        "kevo.run": run,
        "kevo.island": island,
        "kevo.batch": k,
        "kevo.proposals": proposers.length,
      };
      const span = tracer.start("batch", { kind: "client", attributes });
      carrier.traceparent = span.traceparent;
      open.set(`${run}/${island}`, span);
    }),
  );
  stack.use(
    batchSettled.listen(({ run, island, answer }) => {
      open.get(`${run}/${island}`)?.end({ "kevo.answer": answer });
      open.delete(`${run}/${island}`);
    }),
  );
  return stack;
}
