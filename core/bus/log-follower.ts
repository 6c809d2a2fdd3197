/**
 * Follows one run's log with an ephemeral push consumer that the server keeps in order. The follower restarts
 * the consumer where
 * - the consumer's own sequence has a gap, or heartbeats stop (consumer or stream no longer exist): after the last
 *   entry seen, unless the stream was recreated, then from its first entry;
 * - the connection came back: from the first entry, since the server may have lost its newest ones.
 * So every entry is delivered at least once and in order within one start of the consumer.
 */
import { type LogEntry, logEntry } from "@kevo/proto/log.ts";
import { LOG_STREAM } from "@kevo/proto/subjects.ts";
import {
  AckPolicy,
  createInbox,
  DeliverPolicy,
  type JetStreamManager,
  type Msg,
  type NatsConnection,
  nanos,
} from "nats";
import { decode } from "./messages.ts";

const HEARTBEAT_MS = 500;
/** Three heartbeats missed. */
const SILENCE_MS = 1700;
const RETRY_MS = 100;

export interface FollowerContext {
  readonly connection: NatsConnection;
  /** Prefix of the subjects to which the server delivers. */
  readonly inbox: string;
  readonly manager: JetStreamManager;
  readonly isConnected: () => boolean;
  readonly malformed: (subject: string, why: string) => void;
}

export interface Follower {
  /** Resolves after the first try to start, whether or not there is a stream yet. */
  start(): Promise<void>;
  /** The connection came back. */
  reconnected(): void;
  stop(): void;
}

export function createFollower(context: FollowerContext, filter: string, handler: (entry: LogEntry) => void): Follower {
  const { connection, manager } = context;
  let stopped = false;
  /** Grows with each start of a consumer; messages of an older one are ignored. */
  let generation = 0;
  let end: () => void = () => {};
  let birth = "";
  let lastSequence = 0;
  let delivered = 0;
  let heard = 0;
  let retry: NodeJS.Timeout | undefined;

  const restart = () => {
    end();
    clearTimeout(retry);
    generation++;
    if (!stopped && context.isConnected()) retry = setTimeout(() => void begin(), RETRY_MS);
  };

  const receive = (message: Msg, current: number) => {
    if (current !== generation) return;
    heard = performance.now();
    if (message.headers?.code === 100) return control(message);
    const position = positionOf(message.reply);
    if (position === null) return;
    if (position.delivered !== delivered + 1) return restart();
    delivered = position.delivered;
    lastSequence = position.stream;
    const entry = decode(message, logEntry);
    if (!entry.ok) return context.malformed(message.subject, entry.why);
    try {
      handler(entry.value);
    } catch (error) {
      context.malformed(message.subject, `the handler failed: ${error instanceof Error ? error.message : error}`);
    }
  };

  /** Heartbeats tell what was delivered so far; flow control wants an answer, or delivery stalls. */
  const control = (message: Msg) => {
    if (message.reply) message.respond();
    const stalled = message.headers?.get("Nats-Consumer-Stalled");
    if (stalled) connection.publish(stalled);
    const sent = message.headers?.get("Nats-Last-Consumer");
    if (sent && Number(sent) > delivered) restart();
  };

  const begin = async (): Promise<void> => {
    const current = ++generation;
    let subscription: { unsubscribe(): void } | undefined;
    try {
      const info = await manager.streams.info(LOG_STREAM);
      if (current !== generation || stopped) return;
      if (info.created !== birth || info.state.last_seq < lastSequence) lastSequence = 0;
      birth = info.created;
      delivered = 0;
      heard = performance.now();
      const inbox = createInbox(context.inbox);
      subscription = connection.subscribe(inbox, {
        callback: (_error, message) => receive(message, current),
      });
      const consumer = await manager.consumers.add(LOG_STREAM, {
        deliver_subject: inbox,
        filter_subject: filter,
        ack_policy: AckPolicy.None,
        max_deliver: 1,
        mem_storage: true,
        flow_control: true,
        idle_heartbeat: nanos(HEARTBEAT_MS),
        inactive_threshold: nanos(10_000),
        ...(lastSequence > 0
          ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: lastSequence + 1 }
          : { deliver_policy: DeliverPolicy.All }),
      });
      const live = subscription;
      const close = () => {
        live.unsubscribe();
        // Best effort: without anybody listening the server drops the consumer after a while.
        manager.consumers.delete(LOG_STREAM, consumer.name).catch(() => {});
      };
      if (current !== generation || stopped) return close();
      end = () => {
        end = () => {};
        close();
      };
    } catch {
      subscription?.unsubscribe();
      if (current === generation) restart();
    }
  };

  const watchdog = setInterval(() => {
    const silent = performance.now() - heard > SILENCE_MS;
    if (context.isConnected() && silent && heard > 0) {
      heard = 0;
      restart();
    }
  }, HEARTBEAT_MS);
  watchdog.unref();

  return {
    start: begin,
    reconnected: () => {
      birth = "";
      clearTimeout(retry);
      end();
      void begin();
    },
    stop: () => {
      stopped = true;
      clearInterval(watchdog);
      clearTimeout(retry);
      generation++;
      end();
    },
  };
}

/** Sequences from the reply subject: $JS.ACK[.domain.account].stream.consumer.deliveries.stream-seq.consumer-seq.… */
function positionOf(reply: string | undefined): { stream: number; delivered: number } | null {
  if (reply === undefined || !reply.startsWith("$JS.ACK.")) return null;
  const tokens = reply.split(".");
  const shift = tokens.length > 9 ? 2 : 0;
  return { stream: Number(tokens[5 + shift]), delivered: Number(tokens[6 + shift]) };
}
