/**
 * The way to outside services. Clients of any kind talk to a gateway on loopback, which answers from this run's
 * recording, from the cache, or from the service; so caching, recording, replay, time limits and the pace of calls
 * are the same for all of them, whichever libraries they use.
 */
import type { Answer, StoredExchange } from "./exchange.ts";

/** An outside service, as the source that knows it describes it. */
export interface Service {
  /** Stands in recordings, such as `arxiv`. */
  readonly name: string;
  /** Scheme, host and port, such as `https://export.arxiv.org`. */
  readonly origin: string;
  /** Longest that one answer may take, milliseconds. */
  readonly timeoutMs: number;
  /** From the start of one call to the start of the next, among all processes of this host, milliseconds. */
  readonly intervalMs: number;
  /** Whether an answer from the cache still serves. Both in milliseconds since 1970. */
  fresh(recordedAt: number, now: number): boolean;
  /** Whether a response with status 200 is one to keep: services hide errors and hiccups in them. */
  sound(body: string): boolean;
}

/** One request, as the gateway saw it: with what a client's library may hide (headers, tags of errors, failures). */
export interface Exchange {
  readonly hash: string;
  readonly method: string;
  readonly path: string;
  /** `missing`: a replay has no answer to it. */
  readonly from: "network" | "cache" | "recording" | "missing";
  /**
   * Whether this run pays for it: it reached the service, now or in an earlier session of the run, and is counted
   * here for the first time. A replay repeats what was true when it was recorded.
   */
  readonly paid: boolean;
  /**
   * When the answer came, milliseconds since 1970. Decisions go by this and not by the clock, so replays repeat them.
   */
  readonly at: number;
  /** Null only where it is missing. */
  readonly answer: Answer | null;
}

/** The base URL of a client during one search. */
export interface Line {
  /** Stands for the service's origin, without a slash at the end. */
  readonly baseUrl: string;
  /** In order of their ends. */
  readonly exchanges: readonly Exchange[];
}

export interface Transport {
  /**
   * Opens a line, hands it to `use`, and closes it.
   * @throws the errors of `use`; before that UserError for a question that a replay cannot answer, and the signal's
   * reason when aborted.
   */
  call<T>(service: Service, signal: AbortSignal | undefined, use: (line: Line) => Promise<T>): Promise<T>;
  /** Waits as a service demanded; not at all in a replay. @throws the signal's reason. */
  pause(ms: number, signal: AbortSignal | undefined): Promise<void>;
  /** True: answers come from the recording alone. */
  readonly replay: boolean;
  close(): Promise<void>;
}

/** Where exchanges lie by content hash. */
export interface ExchangeStore {
  /** All that was recorded for a request, oldest first. */
  find(hash: string): Promise<readonly StoredExchange[]>;
  add(exchange: StoredExchange): Promise<void>;
}
