/**
 * The message bus: the only folder that knows NATS. Every message is JSON; every message that comes in is
 * validated with zod, and what does not fit is dropped, counted and reported, never thrown.
 */
import type { LogEntry } from "@kevo/proto/log.ts";
import type { ZodType } from "zod";
import type { Carrier } from "../telemetry/channel.ts";

export interface Subscription {
  /** Stops delivery; calling it twice is harmless. */
  unsubscribe(): void;
}

export interface Bus {
  readonly url: string;
  readonly connected: boolean;
  /** Public key of the NATS identity in use; null on a server that knows no identities. */
  readonly identity: string | null;

  /** Fire and forget: a message published while the server is away is lost. */
  publish(subject: string, message: unknown): void;
  /** Messages that fit the schema, in order. A handler that throws is reported like a malformed message. */
  subscribe<T>(subject: string, schema: ZodType<T>, handler: (message: T, subject: string) => void): Subscription;
  /**
   * Sends a request, with the trace context of the carrier if it has one, and returns the reply. Waits for a server that is
   * away, within the time given; a request in progress fails at once when the connection
   * breaks. A reply with a text `error` is a refusal, so no other reply has that field.
   * @throws NoResponder, RequestTimeout, MalformedReply, RemoteError, BusClosed (`core/bus/errors.ts`).
   */
  request<T>(subject: string, message: unknown, schema: ZodType<T>, timeoutMs: number, carrier?: Carrier): Promise<T>;
  /** Answers requests. A malformed request and a handler that throws are answered with `{v, error}`. */
  serve<Q>(
    subject: string,
    schema: ZodType<Q>,
    handler: (query: Q, carrier: Carrier) => unknown | Promise<unknown>,
  ): Subscription;

  /** Creates the log stream and the object store, or brings their bounds up to date. Idempotent. */
  openLogStream(): Promise<void>;
  /**
   * Copies entries to their islands' subjects and waits until the server has stored them. Order is kept per
   * subject; a message id of this process makes a repeat within two minutes harmless.
   * @throws LogUnavailable with the entries not known to be stored (`lost`), when the stream is missing or the
   * server is away: open the stream and append them again.
   */
  appendLog(entries: readonly LogEntry[]): Promise<void>;
  /**
   * Every entry of an island's log (or of all the run's islands), from the first, then live. Survives
   * reconnects and a stream that was lost and recreated; entries may be delivered more than once.
   * A program that may not read the stream gets entries as they are published, and asks the coordinator for others.
   */
  followLog(run: string, island: number | "all", handler: (entry: LogEntry) => void): Promise<Subscription>;
  /** Number of the newest entry in the stream; null for an empty or missing stream. @throws LogUnavailable. */
  logTail(run: string, island: number): Promise<number | null>;
  /** Removes a run's entries from the stream. For two minutes the same numbers are not stored again. */
  purgeLog(run: string): Promise<void>;

  /** Stores bytes under their SHA-256 (lower-case hex). Storing the same bytes again is cheap. */
  putObject(hash: string, bytes: Uint8Array): Promise<void>;
  /** Null when it is not there. @throws BusError when the store is away, or holds something of another hash. */
  getObject(hash: string): Promise<Uint8Array | null>;

  /** Called after a reconnection, when the subscriptions are active again. */
  onReconnect(callback: () => void): void;
  onDisconnect(callback: () => void): void;
  /** Told of each message that was dropped, and why. */
  onMalformed(callback: (subject: string, why: string) => void): void;
  /** How many messages were dropped as malformed. */
  readonly malformed: number;

  /** Sends the buffered messages, then closes. Idempotent. */
  close(): Promise<void>;
}
