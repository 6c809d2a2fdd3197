/**
 * Where programs tell of their work while they do it. Metrics, log lines and spans listen; where none is wanted, nobody
 * does, and a message is not even made.
 */
import { channel } from "node:diagnostics_channel";

export interface Channel<T> {
  /** Whether anybody listens: a message that nobody hears need not be made. */
  readonly heard: boolean;
  send(message: T): void;
  listen(listener: (message: T) => void): Disposable;
}

/** Header of NATS messages and key of gRPC metadata, as the W3C names it. */
export const TRACEPARENT = "traceparent";

/** What a listener adds to a message that leaves the process: the trace context of its span. */
export interface Carrier {
  traceparent?: string;
}

export function openChannel<T>(name: string): Channel<T> {
  const underlying = channel(`kevo.${name}`);
  return {
    get heard() {
      return underlying.hasSubscribers;
    },
    send: (message) => underlying.publish(message),
    listen: (listener) => {
      const heard = (message: unknown) => listener(message as T);
      underlying.subscribe(heard);
      return { [Symbol.dispose]: () => void underlying.unsubscribe(heard) };
    },
  };
}
