/** A stage's own limit: it starts when the stage starts, and ends the stage by its signal. */
import type { Failure } from "../backends/backend.ts";

/**
 * Runs a stage under `signal` and a limit in milliseconds. When the limit strikes, the stage is told to end and
 * its outcome is `timeout`; when `signal` strikes, its reason is thrown, once the stage has ended.
 */
export async function withLimit<R>(
  stage: string,
  limitMs: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<R>,
): Promise<R | Failure> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const end = () => controller.abort(signal.reason);
  signal.addEventListener("abort", end);
  let struck = false;
  const timer = setTimeout(() => {
    struck = true;
    controller.abort(new Error(`${stage} exceeded its limit`));
  }, limitMs);
  const timeout = (): Failure => ({
    outcome: "timeout",
    message: `${stage} took longer than ${limitMs / 1000} s and was ended`,
  });
  try {
    const value = await run(controller.signal);
    signal.throwIfAborted();
    return struck ? timeout() : value;
  } catch (error) {
    signal.throwIfAborted();
    if (struck) return timeout();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}
