/**
 * Every way in which a person or a supervisor asks a program to end, short of SIGKILL: a signal, a terminal that is closed,
 * a reader of the output that has exited (`| head`).
 */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export type StopRequest = (typeof SIGNALS)[number] | "output_closed";

/** The other end of a pipe or a terminal is closed. */
const CLOSED: ReadonlySet<string | undefined> = new Set(["EPIPE", "EIO", "ECONNRESET", "ERR_STREAM_DESTROYED"]);

const listeners = new Set<(request: StopRequest) => void>();
let isWatching = false;
let isClosed = false;

/** Told of each request until disposed; without anybody who listens, a closed output ends the program quietly. */
export function onStopRequest(listener: (request: StopRequest) => void): Disposable {
  watchOutput();
  const handlers = SIGNALS.map((signal) => ({ signal, handle: () => listener(signal) }));
  for (const { signal, handle } of handlers) process.on(signal, handle);
  listeners.add(listener);
  return {
    [Symbol.dispose]: () => {
      for (const { signal, handle } of handlers) process.off(signal, handle);
      listeners.delete(listener);
    },
  };
}

/** Output after the reader has exited is lost, without an exception. */
export function watchOutput(): void {
  if (isWatching) return;
  isWatching = true;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (!CLOSED.has(error.code)) throw error;
      if (listeners.size === 0 && !isClosed) process.exit();
      if (isClosed) return;
      isClosed = true;
      for (const listener of listeners) listener("output_closed");
    });
  }
}
