/** Evaluations of no duration through the whole path. */
import type { Bus } from "@kevo/core/bus/bus.ts";
import type { LogEntry } from "@kevo/proto/log.ts";
import { batchRequest } from "@kevo/proto/messages/batch.ts";
import { takePart } from "./cluster.ts";

export interface PathMeasurement {
  readonly outstanding: number;
  readonly evaluations: number;
  readonly per_second: number;
  /** From the moment that the worker first sends a candidate to the moment that it reads its outcome from the log. */
  readonly p50_ms: number;
  readonly p99_ms: number;
}

const WARM_UP = 3_000;
const MEASURED = 9_000;

/** Lanes and their credits: see `credits` of the daemon's scheduler, with the replay backend's compile processes. */
const LANES: Readonly<Record<number, number>> = { 8: 2, 16: 4 };

export async function measurePath(folder: string, outstanding: number): Promise<PathMeasurement> {
  const sentAt = new Map<string, number>();
  const latencies: number[] = [];
  let evaluated = 0;
  let from = 0;
  let to = 0;
  let mostOutstanding = 0;

  const onSent = (run: string, island: number, k: number, count: number) => {
    for (let index = 0; index < count; index++) {
      const id = `${run}/${island}/${k}/${index}`;
      if (!sentAt.has(id)) sentAt.set(id, performance.now());
    }
  };
  const onEntry = (entry: LogEntry) => {
    if (entry.type === "asked") {
      // Candidates cut from the batch are not in flight.
      for (const id of sentAt.keys()) {
        const [, island, k, index] = id.split("/").map(Number);
        if (island === entry.island && k === entry.k && (index as number) >= entry.candidates.length) sentAt.delete(id);
      }
      mostOutstanding = Math.max(mostOutstanding, sentAt.size);
    }
    if (entry.type !== "evaluated") return;
    const sent = sentAt.get(entry.candidate);
    if (sent === undefined) return;
    sentAt.delete(entry.candidate);
    evaluated++;
    const now = performance.now();
    if (evaluated === WARM_UP) from = now;
    if (evaluated > WARM_UP && evaluated <= WARM_UP + MEASURED) {
      latencies.push(now - sent);
      to = now;
    }
  };

  const devices = LANES[outstanding];
  if (devices === undefined) throw new Error(`no number of lanes is known for ${outstanding} credits`);
  await takePart(
    folder,
    { evaluations: WARM_UP + MEASURED + 500, devices, laneMs: 0 },
    (bus) => timed(bus, onSent, onEntry),
    async ({ completed }) => completed,
  );
  if (mostOutstanding > outstanding) throw new Error(`${mostOutstanding} were outstanding, not ${outstanding}`);
  latencies.sort((a, b) => a - b);
  return {
    outstanding,
    evaluations: latencies.length,
    per_second: latencies.length / ((to - from) / 1000),
    p50_ms: latencies[Math.floor(latencies.length * 0.5)] as number,
    p99_ms: latencies[Math.floor(latencies.length * 0.99)] as number,
  };
}

/** The same bus, whose batches and log entries are seen on their way. */
function timed(
  bus: Bus,
  onSent: (run: string, island: number, k: number, count: number) => void,
  onEntry: (entry: LogEntry) => void,
): Bus {
  return new Proxy(bus, {
    get(target, name) {
      if (name === "request") {
        const request: Bus["request"] = (subject, message, schema, timeout) => {
          const batch = subject.endsWith(".batch") ? batchRequest.safeParse(message).data : undefined;
          const run = subject.split(".")[1] as string;
          if (batch !== undefined) onSent(run, batch.island, batch.k, batch.proposals.length);
          return target.request(subject, message, schema, timeout);
        };
        return request;
      }
      if (name === "followLog") {
        const followLog: Bus["followLog"] = (run, island, handler) =>
          target.followLog(run, island, (entry) => {
            onEntry(entry);
            handler(entry);
          });
        return followLog;
      }
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
