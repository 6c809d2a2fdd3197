/** The bus over one NATS connection: JSON and zod at the border, typed errors, followers that outlive restarts. */

import { logEntry } from "@kevo/proto/log.ts";
import { objectRequest } from "@kevo/proto/messages/object.ts";
import { LOG_STREAM, subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { Events, headers, type JetStreamManager, type Msg, type MsgHdrs, type NatsConnection } from "nats";
import type { ZodType } from "zod";
import { serversOf } from "../identity/nats-identity.ts";
import { isInbox } from "../identity/nats-permissions.ts";
import { busEvents } from "../telemetry/bus-events.ts";
import { type Carrier, TRACEPARENT } from "../telemetry/channel.ts";
import type { Bus, Subscription } from "./bus.ts";
import type { Connection, ConnectOptions } from "./connection.ts";
import { BusClosed, LogUnavailable, MalformedReply, NotPermitted, RemoteError, RequestTimeout } from "./errors.ts";
import { watchIsolation } from "./isolation.ts";
import { createFollower, type Follower } from "./log-follower.ts";
import { appendLog, logTail, openLogStream, purgeLog } from "./log-stream.ts";
import { decode, remoteError } from "./messages.ts";
import { createObjects, openObjectStore } from "./objects.ts";
import { createRequester } from "./requester.ts";
import { partsOf, requestObject } from "./served-objects.ts";

const MANAGER_TIMEOUT_MS = 3000;
const FLUSH_TIMEOUT_MS = 1000;

export function createBus(
  { nats: connection, identity, inbox, mayUseStreams }: Connection,
  { url, replicas }: Pick<ConnectOptions, "url" | "replicas">,
): Bus {
  const requester = createRequester(connection, inbox);
  const objects = createObjects(connection);
  const followers = new Set<Follower>();
  const whenReconnected = new Set<() => void>();
  const whenDisconnected = new Set<() => void>();
  const whenMalformed = new Set<(subject: string, why: string) => void>();
  let connected = true;
  let malformedCount = 0;
  let closing: Promise<void> | null = null;
  let manager: Promise<JetStreamManager> | null = null;
  let serving = false;

  const malformed = (subject: string, why: string) => {
    malformedCount++;
    busEvents.send({ event: "malformed" });
    for (const tell of whenMalformed) tell(subject, why);
  };
  const isolation = watchIsolation(connection, serversOf(url).length);
  const jetstream = () => {
    manager ??= connection.jetstreamManager({ timeout: MANAGER_TIMEOUT_MS, checkAPI: false });
    return manager;
  };

  const watchStatus = async () => {
    for await (const status of connection.status()) {
      if (status.type === Events.Disconnect) {
        connected = false;
        busEvents.send({ event: "disconnected" });
        requester.failAll(
          (subject) => new RequestTimeout(subject, `the connection broke before ${subject} was answered`),
        );
        for (const tell of whenDisconnected) tell();
      } else if (status.type === Events.Reconnect) {
        connected = true;
        isolation.look();
        busEvents.send({ event: "connected" });
        objects.forget();
        for (const follower of followers) follower.reconnected();
        // The server has every subscription again once it answers a ping; an interruption before that is reported next.
        connection.flush().then(
          () => {
            for (const tell of [...whenReconnected]) tell();
          },
          () => {},
        );
      } else if (status.type === Events.Update) {
        isolation.look();
      } else if (status.type === Events.Error && status.permissionContext?.operation === "publish") {
        const { subject: refused } = status.permissionContext;
        requester.failSubject(refused, new NotPermitted(refused, `this identity may not send on ${refused}`));
      }
    }
  };
  void watchStatus();
  busEvents.send({ event: "connected" });
  void connection.closed().then(() => {
    connected = false;
    isolation.stop();
    requester.failAll((subject) => new BusClosed(subject, "the bus is closed"));
  });

  /** @throws RequestTimeout when the server does not come back in time. */
  const untilConnected = (subject: string, timeoutMs: number) =>
    new Promise<void>((resolve, reject) => {
      const settle = (act: () => void) => {
        whenReconnected.delete(back);
        clearTimeout(timer);
        act();
      };
      const back = () => settle(resolve);
      const late = () => settle(() => reject(new RequestTimeout(subject, `NATS was unreachable for ${timeoutMs} ms`)));
      const timer = setTimeout(late, timeoutMs);
      whenReconnected.add(back);
    });

  const answer = (message: Msg, reply: unknown) => {
    // An answer goes where the asker says, with the rights of who answers: nowhere but to who waits for one.
    if (message.reply !== undefined && message.reply !== "" && !isInbox(message.reply)) {
      return malformed(message.subject, `it asks for the answer on ${message.reply}`);
    }
    if (!connection.isClosed()) message.respond(JSON.stringify(reply));
  };
  const answerError = (message: Msg, error: unknown) =>
    answer(message, { v: WIRE_VERSION, error: error instanceof Error ? error.message : String(error) });

  /** Who stores objects also gives them to programs that may not read the store. */
  const serveObjects = () => {
    if (serving) return;
    serving = true;
    bus.serve(subjects.objects, objectRequest, partsOf(objects.get));
  };

  const bus: Bus = {
    url,
    identity,
    get connected() {
      return connected;
    },
    get malformed() {
      return malformedCount;
    },

    publish: (subject, message) => {
      if (!connection.isClosed()) connection.publish(subject, JSON.stringify(message));
    },

    subscribe: <T>(subject: string, schema: ZodType<T>, handler: (message: T, subject: string) => void) => {
      const subscription = connection.subscribe(subject, {
        callback: (error, message) => {
          if (error !== null) return malformed(subject, `nothing is heard there: ${error.message}`);
          if (isDelivered(message)) return malformed(message.subject, DELIVERED);
          const decoded = decode(message, schema);
          if (!decoded.ok) return malformed(message.subject, decoded.why);
          try {
            handler(decoded.value, message.subject);
          } catch (error) {
            malformed(message.subject, `the handler failed: ${error instanceof Error ? error.message : error}`);
          }
        },
      });
      return unsubscriber(connection, subscription);
    },

    request: async (subject, message, schema, timeoutMs, carrier = {}) => {
      if (connection.isClosed()) throw new BusClosed(subject, "the bus is closed");
      let left = timeoutMs;
      if (!connected) {
        const start = performance.now();
        await untilConnected(subject, timeoutMs);
        left = Math.max(1, timeoutMs - (performance.now() - start));
      }
      const decoded = decode(await requester.send(subject, JSON.stringify(message), left, headersOf(carrier)), schema);
      const refusal = remoteError(decoded.raw);
      if (refusal !== null) throw new RemoteError(subject, refusal);
      if (!decoded.ok) throw new MalformedReply(subject, `malformed reply on ${subject}: ${decoded.why}`);
      return decoded.value;
    },

    serve: (subject, schema, handler) => {
      const subscription = connection.subscribe(subject, {
        callback: (error, message) => {
          if (error !== null) return malformed(subject, `nothing is heard there: ${error.message}`);
          if (isDelivered(message)) return malformed(message.subject, DELIVERED);
          const decoded = decode(message, schema);
          if (!decoded.ok) {
            malformed(message.subject, decoded.why);
            return answerError(message, `malformed request on ${subject}: ${decoded.why}`);
          }
          try {
            const reply = handler(decoded.value, carrierOf(message));
            if (!(reply instanceof Promise)) return answer(message, reply);
            reply.then(
              (value) => answer(message, value),
              (error) => answerError(message, error),
            );
          } catch (error) {
            answerError(message, error);
          }
        },
      });
      return unsubscriber(connection, subscription);
    },

    openLogStream: async () => {
      const place = { connection, manager: await jetstream(), url, replicas };
      await openLogStream(place);
      serveObjects();
      await openObjectStore(place);
    },
    appendLog: async (entries) => {
      if (!connected) throw new LogUnavailable(LOG_STREAM, entries, `NATS at ${url} is unreachable`);
      await appendLog(requester, entries);
    },
    followLog: async (run, island, handler) => {
      if (!mayUseStreams) {
        return bus.subscribe(island === "all" ? subjects.allLogs(run) : subjects.log(run, island), logEntry, handler);
      }
      const context = { connection, inbox, manager: await jetstream(), isConnected: () => connected, malformed };
      const filter = island === "all" ? subjects.allLogs(run) : subjects.log(run, island);
      const follower = createFollower(context, filter, handler);
      followers.add(follower);
      await follower.start();
      return {
        unsubscribe: () => {
          followers.delete(follower);
          follower.stop();
        },
      };
    },
    logTail: async (run, island) => logTail(await jetstream(), run, island),
    purgeLog: async (run) => purgeLog(await jetstream(), run),

    putObject: async (hash, bytes) => {
      serveObjects();
      await objects.put(hash, bytes);
    },
    getObject: (hash) => (mayUseStreams ? objects.get(hash) : requestObject(bus, hash)),

    onReconnect: (callback) => void whenReconnected.add(callback),
    onDisconnect: (callback) => void whenDisconnected.add(callback),
    onMalformed: (callback) => void whenMalformed.add(callback),

    close: () => {
      closing ??= (async () => {
        for (const follower of followers) follower.stop();
        if (connected) {
          let timer: NodeJS.Timeout | undefined;
          const limit = new Promise<void>((resolve) => {
            timer = setTimeout(resolve, FLUSH_TIMEOUT_MS);
          });
          await Promise.race([connection.flush().catch(() => {}), limit]);
          clearTimeout(timer);
        }
        await connection.close();
      })();
      return closing;
    },
  };
  return bus;
}

/**
 * On a server that knows no identities, any client can have stored messages delivered to any subject. This project never
 * does that, so a message that comes out of a stream is not a request.
 */
const isDelivered = ({ reply }: Msg) => reply?.startsWith("$JS.") === true;
const DELIVERED = "it was delivered out of a stream, not sent";

function headersOf({ traceparent }: Carrier): MsgHdrs | undefined {
  if (traceparent === undefined) return undefined;
  const made = headers();
  made.set(TRACEPARENT, traceparent);
  return made;
}

function carrierOf({ headers: sent }: Msg): Carrier {
  const traceparent = sent?.get(TRACEPARENT);
  return traceparent ? { traceparent } : {};
}

function unsubscriber(connection: NatsConnection, subscription: { unsubscribe(): void }): Subscription {
  return {
    unsubscribe: () => {
      if (!connection.isClosed()) subscription.unsubscribe();
    },
  };
}
