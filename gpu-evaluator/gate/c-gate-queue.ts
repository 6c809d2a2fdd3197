/**
 * The static gate for C off the event loop: however long it reads a region, the daemon continues. The gate's work grows
 * with the length of the region; a limit guards against the rest.
 */
import { Worker } from "node:worker_threads";

const LIMIT_MS = 30_000;
const MEMORY_MB = 256;

export class CGateQueue {
  readonly #program: URL;
  readonly #limitMs: number;
  #worker: Worker | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(program = new URL("./gate-thread.ts", import.meta.url), limitMs = LIMIT_MS) {
    this.#program = program;
    this.#limitMs = limitMs;
  }

  /** As `refusedInC`. */
  refused(region: string, around: string): Promise<string | null> {
    const answer = this.#last.then(() => this.#ask(region, around));
    this.#last = answer;
    return answer;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#worker?.terminate();
    this.#worker = null;
  }

  async #ask(region: string, around: string): Promise<string | null> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const { promise, resolve, reject } = Promise.withResolvers<string | null>();
    const timer = setTimeout(() => reject(new Error(`it took longer than ${this.#limitMs / 1000} s`)), this.#limitMs);
    const ended = () => reject(new Error("its thread ended"));
    worker.once("message", resolve).once("error", reject).once("exit", ended);
    worker.postMessage({ region, around });
    try {
      return await promise;
    } catch (error) {
      this.#worker = null;
      void worker.terminate();
      return `not allowed: the static gate could not read it (${(error as Error).message})`;
    } finally {
      clearTimeout(timer);
      worker.off("message", resolve).off("error", reject).off("exit", ended);
    }
  }

  #start(): Worker {
    const worker = new Worker(this.#program, { resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB }, env: {} });
    // Its work concerns only the callers that wait for it.
    worker.unref();
    // Reported to the callers; later errors concern none.
    return worker.on("error", () => {});
  }
}
