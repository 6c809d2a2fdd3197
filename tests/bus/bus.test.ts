import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedNats, type ServerExit, startNatsServer } from "@kevo/coordinator/nats-server/embedded.ts";
import type { Bus } from "@kevo/core/bus/bus.ts";
import { connectBus } from "@kevo/core/bus/connect.ts";
import {
  BusClosed,
  LogUnavailable,
  MalformedReply,
  NoResponder,
  RemoteError,
  RequestTimeout,
} from "@kevo/core/bus/errors.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { EvaluatedEntry, LogEntry } from "@kevo/proto/log.ts";
import { LOG_STREAM, subjects } from "@kevo/proto/subjects.ts";
import { connect, nkeyAuthenticator } from "nats";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";

let dir: string;
let server: EmbeddedNats;
let runs = 0;
const open: Bus[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "kevo-bus-"));
  server = await startNatsServer({ dir });
});
afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});
/** Past the bus. */
const rawConnection = () =>
  connect({
    servers: server.url,
    authenticator: nkeyAuthenticator(Buffer.from(server.keys.nats.coordinator.seed)),
  });

afterEach(async () => {
  for (const bus of open.splice(0)) await bus.close();
});

async function member(): Promise<Bus> {
  const bus = await connectBus({ url: server.url, role: "coordinator", name: "test" });
  open.push(bus);
  return bus;
}

const number = z.object({ v: z.literal(1), n: z.number() });
const newRun = () => `run-${runs++}`;

function entry(run: string, n: number, island = 0): EvaluatedEntry {
  return {
    v: 1,
    run,
    island,
    n,
    type: "evaluated",
    candidate: `${run}/${island}/0/${n}`,
    outcome: "ok",
    cached: false,
    fitness: 1.5,
    time_ms: 2,
    measurements: [{ workload: "small", time_ms: 2, speedup: 1.5 }],
    message: null,
    device: "cpu",
  };
}
const entries = (run: string, from: number, to: number) =>
  Array.from({ length: to - from }, (_unused, index) => entry(run, from + index));

/** Collects what a follower is given; `until` resolves once number n was there. */
function collector() {
  const seen: number[] = [];
  const waiting = new Map<number, () => void>();
  return {
    seen,
    handler: (item: LogEntry) => {
      seen.push(item.n);
      waiting.get(item.n)?.();
    },
    until: (n: number) => new Promise<void>((resolve) => (seen.includes(n) ? resolve() : waiting.set(n, resolve))),
  };
}

/** Kills the server; resolves when this bus is connected to its successor. */
async function killServer(bus: Bus): Promise<void> {
  const back = new Promise<void>((resolve) => bus.onReconnect(resolve));
  const told = new Promise<ServerExit>((resolve) => server.onExit(resolve));
  process.kill(server.pid, "SIGKILL");
  await (await told).restarted;
  await back;
}

test("an unreachable server is one sentence that names the URL", async () => {
  const failure = await connectBus({ url: "nats://127.0.0.1:1", role: "coordinator", name: "test" }).catch(
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(UserError);
  expect((failure as Error).message).toMatch(/nats:\/\/127\.0\.0\.1:1.*coordinator doctor/);
});

test("malformed messages are dropped, counted and reported, and later ones arrive", async () => {
  const bus = await member();
  const raw = await rawConnection();
  const reports: string[] = [];
  bus.onMalformed((subject, why) => reports.push(`${subject}: ${why}`));
  const good = new Promise<number>((resolve) => bus.subscribe("t.in", number, ({ n }) => resolve(n)));
  await bus.request("nobody", {}, number, 500).catch(() => {});
  raw.publish("t.in", "{not json");
  raw.publish("t.in", new Uint8Array([0xff, 0xfe, 0x00]));
  raw.publish("t.in", "");
  raw.publish("t.in", JSON.stringify({ v: 2, n: 1 }));
  raw.publish("t.in", JSON.stringify({ v: 1, n: "one" }));
  raw.publish("t.in", JSON.stringify({ v: 1, n: 42 }));
  expect(await good).toBe(42);
  expect(bus.malformed).toBe(5);
  expect(reports[0]).toContain("t.in: not JSON");
  expect(reports[4]).toMatch(/t\.in: n: .*number/);
  await raw.close();
});

test("a request ends in an answer or in an error that says what happened", async () => {
  const [client, service] = [await member(), await member()];
  const raw = await rawConnection();
  raw.subscribe("t.garbage", { callback: (_error, message) => message.respond("garbage") });
  raw.subscribe("t.silent", { callback: () => {} });
  service.serve("t.double", number, ({ n }) => {
    if (n < 0) throw new Error(`${n} is below zero`);
    return n === 0 ? Promise.reject(new Error("zero")) : { v: 1, n: 2 * n };
  });
  await service.request("settle", {}, number, 500).catch(() => {});
  await raw.flush();
  const ask = (subject: string, message: unknown) => client.request(subject, message, number, 30_000);

  expect(await ask("t.double", { v: 1, n: 21 })).toEqual({ v: 1, n: 42 });
  await expect(ask("t.double", { v: 1 })).rejects.toThrow(RemoteError);
  await expect(ask("t.double", { v: 1 })).rejects.toThrow(/malformed request.*n:/);
  await expect(ask("t.double", { v: 1, n: -1 })).rejects.toThrow(/-1 is below zero/);
  await expect(ask("t.double", { v: 1, n: 0 })).rejects.toThrow(/zero/);
  await expect(ask("t.nobody", {})).rejects.toThrow(NoResponder);
  await expect(ask("t.garbage", {})).rejects.toThrow(MalformedReply);
  await expect(client.request("t.silent", {}, number, 100)).rejects.toThrow(RequestTimeout);
  const cut = client.request("t.silent", {}, number, 10_000);
  const refused = expect(cut).rejects.toThrow(BusClosed);
  await client.close();
  await refused;
  await raw.close();
});

test("objects go in and out by hash; a wrong hash is refused", async () => {
  const bus = await member();
  for (const size of [0, 10, 300_000]) {
    const bytes = randomBytes(size);
    const hash = createHash("sha256").update(bytes).digest("hex");
    expect(await bus.getObject(hash)).toBeNull();
    await bus.putObject(hash, bytes);
    await bus.putObject(hash, bytes);
    expect(Buffer.compare((await bus.getObject(hash)) as Uint8Array, bytes)).toBe(0);
  }
  await expect(bus.putObject("00".repeat(32), randomBytes(8))).rejects.toThrow(/hash/);
});

test("a follower gets the whole log in order, then what comes later, and only of its island", async () => {
  const [writer, reader] = [await member(), await member()];
  const run = newRun();
  await writer.openLogStream();
  await writer.openLogStream();
  expect(await writer.logTail(run, 0)).toBeNull();
  await writer.appendLog([...entries(run, 0, 1500), entry(run, 0, 1)]);
  const one = collector();
  const all = collector();
  await reader.followLog(run, 0, one.handler);
  await reader.followLog(run, "all", all.handler);
  await one.until(1499);
  await writer.appendLog([entry(run, 1500)]);
  await Promise.all([one.until(1500), all.until(1500)]);
  expect(one.seen).toEqual(Array.from({ length: 1501 }, (_unused, n) => n));
  expect(all.seen).toHaveLength(1502);
  expect(await writer.logTail(run, 0)).toBe(1500);
  // A repeat is stored once.
  await writer.appendLog(entries(run, 1490, 1501));
  await writer.appendLog([entry(run, 1501)]);
  await one.until(1501);
  expect(one.seen).toHaveLength(1502);
  await writer.purgeLog(run);
  expect(await writer.logTail(run, 0)).toBeNull();
});

test("malformed entries in a log are reported and skipped", async () => {
  const bus = await member();
  const run = newRun();
  await bus.openLogStream();
  const raw = await rawConnection();
  const reports: string[] = [];
  bus.onMalformed((_subject, why) => reports.push(why));
  await raw.jetstream().publish(subjects.log(run, 0), JSON.stringify({ ...entry(run, 0), outcome: "splendid" }));
  await bus.appendLog([entry(run, 1)]);
  const seen = collector();
  await bus.followLog(run, 0, seen.handler);
  await seen.until(1);
  expect(seen.seen).toEqual([1]);
  expect(reports).toEqual([expect.stringContaining("outcome")]);
  await raw.close();
});

test("appending without a stream says what was not stored", async () => {
  const bus = await member();
  await bus.openLogStream();
  const manager = await (await rawConnection()).jetstreamManager();
  await manager.streams.delete(LOG_STREAM);
  const run = newRun();
  const failure = await bus.appendLog(entries(run, 0, 3)).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(LogUnavailable);
  expect((failure as LogUnavailable).lost.map(({ n }) => n)).toEqual([0, 1, 2]);
  expect(await bus.logTail(run, 0)).toBeNull();
});

test("after kill -9 of the server everything continues: subscriptions, services, followers", async () => {
  const [a, b] = [await member(), await member()];
  const run = newRun();
  await a.openLogStream();
  await a.appendLog(entries(run, 0, 5));
  const seen = collector();
  await b.followLog(run, 0, seen.handler);
  await seen.until(4);
  b.serve("t.echo", number, (message) => message);
  await a.request("settle", {}, number, 500).catch(() => {});
  const bBack = new Promise<void>((resolve) => b.onReconnect(resolve));
  const underWay = a.request("t.black-hole", {}, number, 20_000).catch((error: unknown) => error);
  await killServer(a);
  expect(await underWay).toBeInstanceOf(Error);
  await bBack;
  // The server read this request after its subscriptions.
  expect(await b.logTail(run, 0)).toBe(4);
  expect(await a.request("t.echo", { v: 1, n: 1 }, number, 30_000)).toEqual({ v: 1, n: 1 });
  expect(await a.logTail(run, 0)).toBe(4);
  await a.appendLog([entry(run, 5)]);
  await seen.until(5);
});

test("a follower finds the log again when the store was lost and the log republished", async () => {
  const [writer, reader] = [await member(), await member()];
  const run = newRun();
  await writer.openLogStream();
  await writer.appendLog(entries(run, 0, 5));
  const seen = collector();
  await reader.followLog(run, 0, seen.handler);
  await seen.until(4);
  rmSync(join(dir, "store"), { recursive: true, force: true });
  await killServer(writer);
  expect(await writer.logTail(run, 0)).toBeNull();
  await writer.openLogStream();
  await writer.appendLog(entries(run, 0, 8));
  await seen.until(7);
  expect(new Set(seen.seen)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
  const bytes = Buffer.from("after the loss");
  const hash = createHash("sha256").update(bytes).digest("hex");
  await writer.putObject(hash, bytes);
  expect(Buffer.compare((await reader.getObject(hash)) as Uint8Array, bytes)).toBe(0);
});

test("a follower that starts before the stream exists gets everything", async () => {
  const [writer, reader] = [await member(), await member()];
  const manager = await (await rawConnection()).jetstreamManager();
  await manager.streams.delete(LOG_STREAM).catch(() => {});
  const run = newRun();
  const seen = collector();
  await reader.followLog(run, 0, seen.handler);
  await writer.openLogStream();
  await writer.appendLog(entries(run, 0, 3));
  await seen.until(2);
  // And again when the stream is deleted and created again under a live connection.
  await manager.streams.delete(LOG_STREAM);
  await writer.openLogStream();
  await writer.appendLog(entries(run, 0, 4));
  await seen.until(3);
});
