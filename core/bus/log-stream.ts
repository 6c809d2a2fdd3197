/** The JetStream copy of the islands' logs: one file-backed stream for all runs. SQLite is the truth. */
import { randomBytes } from "node:crypto";
import type { LogEntry } from "@kevo/proto/log.ts";
import { LOG_STREAM, LOG_STREAM_SUBJECTS, subjects } from "@kevo/proto/subjects.ts";
import { DiscardPolicy, headers, type JetStreamManager, RetentionPolicy, StorageType } from "nats";
import { UserError } from "../errors/user-error.ts";
import { boundedStream, isCode, isStreamMissing, MAX_CONSUMERS, type StreamPlace } from "./bounded-stream.ts";
import { LogUnavailable } from "./errors.ts";
import { excerpt } from "./messages.ts";
import type { Requester } from "./requester.ts";

/** Most entries in flight; JetStream refuses publishers that run far ahead of its store. */
const PIPELINE = 512;
/** Of all runs together. The oldest go first: they are copies, and a worker that lacks one asks the coordinator. */
const MAX_LOG_BYTES = 2 * 1024 ** 3;
/** Of one island. */
const MAX_ENTRIES_PER_ISLAND = 1_000_000;
/** Part of the names of entries, so that no other program can use one up before it is sent. */
const PUBLISHER = randomBytes(12).toString("hex");
const ACK_TIMEOUT_MS = 5000;
/** Of one entry. The server's own limit for a message is 1 MiB by default too. */
const MAX_ENTRY_BYTES = 1024 * 1024;

/** JetStream's error code for no message found. */
const MESSAGE_NOT_FOUND = 10037;

const unavailable = (error: unknown) =>
  new LogUnavailable(
    LOG_STREAM,
    [],
    `the log stream is not available: ${error instanceof Error ? error.message : error}`,
  );

/** @throws UserError for what the server does not grant; LogUnavailable when it is away, or its cluster has no leader. */
export async function openLogStream(place: StreamPlace): Promise<void> {
  const config = {
    subjects: LOG_STREAM_SUBJECTS,
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_msg_size: MAX_ENTRY_BYTES,
    max_msgs_per_subject: MAX_ENTRIES_PER_ISLAND,
    max_consumers: MAX_CONSUMERS,
  };
  try {
    await boundedStream(place, { name: LOG_STREAM, ...config }, MAX_LOG_BYTES);
  } catch (error) {
    throw error instanceof UserError ? error : unavailable(error);
  }
}

/**
 * Publishes in order and waits for the acknowledgements.
 * @throws LogUnavailable with the entries that are not known to be stored.
 */
export async function appendLog(requester: Requester, entries: readonly LogEntry[]): Promise<void> {
  for (let start = 0; start < entries.length; start += PIPELINE) {
    const chunk = entries.slice(start, start + PIPELINE);
    const acks = await Promise.allSettled(chunk.map((entry) => appendOne(requester, entry)));
    const failed = acks.findIndex((ack) => ack.status === "rejected");
    if (failed < 0) continue;
    const lost = [
      ...chunk.filter((_entry, index) => acks[index]?.status === "rejected"),
      ...entries.slice(start + PIPELINE),
    ];
    const reason = (acks[failed] as PromiseRejectedResult).reason;
    throw new LogUnavailable(LOG_STREAM, lost, reason instanceof Error ? reason.message : String(reason));
  }
}

async function appendOne(requester: Requester, entry: LogEntry): Promise<void> {
  const id = headers();
  id.set("Nats-Msg-Id", `${PUBLISHER}.${entry.run}.${entry.island}.${entry.n}`);
  const subject = subjects.log(entry.run, entry.island);
  const reply = (await requester.send(subject, JSON.stringify(entry), ACK_TIMEOUT_MS, id)).string();
  const ack = JSON.parse(reply) as { stream?: string; error?: { description?: string } };
  if (ack.error !== undefined || ack.stream === undefined) {
    throw new Error(`the log stream refused an entry: ${ack.error?.description ?? excerpt(reply)}`);
  }
}

/** Number of the newest entry; null without one, or without a stream. */
export async function logTail(manager: JetStreamManager, run: string, island: number): Promise<number | null> {
  try {
    const newest = await manager.streams.getMessage(LOG_STREAM, { last_by_subj: subjects.log(run, island) });
    const n = (JSON.parse(newest.string()) as { n?: unknown }).n;
    return typeof n === "number" ? n : null;
  } catch (error) {
    if (isCode(error, MESSAGE_NOT_FOUND) || isStreamMissing(error)) return null;
    throw unavailable(error);
  }
}

export async function purgeLog(manager: JetStreamManager, run: string): Promise<void> {
  try {
    await manager.streams.purge(LOG_STREAM, { filter: subjects.allLogs(run) });
  } catch (error) {
    if (!isStreamMissing(error)) throw unavailable(error);
  }
}
