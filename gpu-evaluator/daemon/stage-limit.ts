/** A stage's own limit: it starts when the stage starts, and ends the stage by its signal. */
import { type Artifact, type Failure, isFailure, type Measured } from "../backends/backend.ts";

/**
 * Runs a stage under `signal` and a limit in milliseconds, and waits for its end in any case. When the limit strikes,
 * the stage is told to end, and unfinished work is a `timeout`. A value that arrives nevertheless is returned, so that
 * the caller can dispose of it. @throws the signal's reason when that struck.
 */
export async function withLimit<R extends Artifact | Measured>(
  stage: string,
  limitMs: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<R | Failure>,
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
    return struck && isFailure(value) ? timeout() : value;
  } catch (error) {
    signal.throwIfAborted();
    if (struck) return timeout();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}
