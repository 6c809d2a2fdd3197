/** Failures of a request. */
import type { LogEntry } from "@kevo/proto/log.ts";

export class BusError extends Error {
  override readonly name: string = "BusError";
  readonly subject: string;

  constructor(subject: string, message: string) {
    super(message);
    this.subject = subject;
  }
}

/** Nobody serves the subject (yet). Worth another try. */
export class NoResponder extends BusError {
  override readonly name = "NoResponder";
}

/** The server does not let this program's role send there. */
export class NotPermitted extends BusError {
  override readonly name = "NotPermitted";
}

/** No answer in time; the request may or may not have been carried out. */
export class RequestTimeout extends BusError {
  override readonly name = "RequestTimeout";
}

/** The answer does not fit the schema. */
export class MalformedReply extends BusError {
  override readonly name = "MalformedReply";
}

/** The other side answered `{error}`: it refused the request or failed on it. */
export class RemoteError extends BusError {
  override readonly name = "RemoteError";
}

/** The bus was closed before the answer came. */
export class BusClosed extends BusError {
  override readonly name = "BusClosed";
}

/** Entries did not reach the log stream: it is missing, or its server is away. Open the stream and append them again. */
export class LogUnavailable extends BusError {
  override readonly name = "LogUnavailable";
  /** In order; those that are not known to be stored. */
  readonly lost: readonly LogEntry[];

  constructor(subject: string, lost: readonly LogEntry[], message: string) {
    super(subject, message);
    this.lost = lost;
  }
}
