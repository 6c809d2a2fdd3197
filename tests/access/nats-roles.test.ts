/** The clients that an embedded nats-server admits, and the permissions of each role. */
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedNats, startNatsServer } from "@kevo/coordinator/nats-server/embedded.ts";
import { connectBus } from "@kevo/core/bus/connect.ts";
import type { Role } from "@kevo/core/identity/role.ts";
import { natsKeyOfToken } from "@kevo/core/identity/token-keys.ts";
import type { LogEntry } from "@kevo/proto/log.ts";
import { stopRequest } from "@kevo/proto/messages/control.ts";
import { LOG_STREAM, OBJECT_BUCKET, subjects } from "@kevo/proto/subjects.ts";
import { connect, Events, type NatsConnection, nkeyAuthenticator } from "nats";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";

let dir: string;
let server: EmbeddedNats;
const TOKEN = "an-old-shared-token";

const entry: LogEntry = {
  ...{ v: 1, run: "r", island: 0, n: 0, type: "evaluated", candidate: "r/0/0/0", outcome: "ok", cached: false },
  ...{ fitness: 1.5, time_ms: 2, measurements: [], message: null, device: null },
};

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "kevo-roles-"));
  server = await startNatsServer({ dir, token: TOKEN });
});
afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

const as = (role: Role): Promise<NatsConnection> => {
  const { seed, publicKey } = server.keys.nats[role];
  const inboxPrefix = `_INBOX_${publicKey.slice(1, 21)}`;
  return connect({ servers: server.url, authenticator: nkeyAuthenticator(Buffer.from(seed)), inboxPrefix });
};

test("a client without a key is refused, and a token in clear opens nothing", async () => {
  const refused = /Authorization Violation/;
  await expect(connect({ servers: server.url, reconnect: false })).rejects.toThrow(refused);
  await expect(connect({ servers: server.url, reconnect: false, token: TOKEN })).rejects.toThrow(refused);
  await expect(connect({ servers: server.url, reconnect: false, user: "kevo", pass: TOKEN })).rejects.toThrow(refused);
});

test("who has the token has every role, without sending it", async () => {
  const { seed } = natsKeyOfToken(TOKEN, "worker");
  const bus = await connect({ servers: server.url, authenticator: nkeyAuthenticator(Buffer.from(seed)) });
  await bus.close();
});

test("only the owner can read keys and configuration, and no process gets a key as an argument", () => {
  for (const file of ["keys.json", "nats-server.conf", "nats-server.log"]) {
    expect([file, statSync(join(dir, file)).mode & 0o077]).toEqual([file, 0]);
  }
  const { seed } = server.keys.nats.coordinator;
  expect(readFileSync(`/proc/${server.pid}/cmdline`, "utf8")).not.toContain(seed);
});

/** Whether the server lets a message through; a permission violation comes back on the connection. */
async function may(bus: NatsConnection, subject: string, how: "publish" | "subscribe"): Promise<boolean> {
  const status = bus.status();
  const refused = (async () => {
    for await (const { type, permissionContext } of status) {
      if (type === Events.Error && permissionContext?.subject === subject) return false;
    }
    return true;
  })();
  if (how === "publish") bus.publish(subject, "{}");
  else bus.subscribe(subject, { callback: () => {} });
  // The violation is sent before the answer to this ping.
  const allowed = bus.flush().then(() => new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 20)));
  return Promise.race([refused, allowed]);
}

test.each([
  ["worker", [subjects.stop("r"), subjects.log("r", 0), subjects.control("r"), subjects.announcement("x")]],
  [
    "evaluator",
    [subjects.stop("r"), subjects.log("r", 0), subjects.batch("r"), subjects.lease("r"), subjects.model("r")],
  ],
  [
    "operator",
    [
      ...[subjects.log("r", 0), subjects.batch("r"), subjects.lease("r"), subjects.announcement("x")],
      ...[subjects.ended("r"), subjects.control("r"), subjects.model("r"), subjects.elites("r", 0)],
    ],
  ],
] as const)("a %s cannot send where it has no business", async (role, others) => {
  const bus = await as(role);
  const streams = [LOG_STREAM, `OBJ_${OBJECT_BUCKET}`].flatMap((stream) => [
    ...["DELETE", "PURGE", "UPDATE", "CREATE", "MSG.DELETE", "INFO", "MSG.GET", "SNAPSHOT", "RESTORE"].map(
      (what) => `$JS.API.STREAM.${what}.${stream}`,
    ),
    ...["CREATE", "DELETE", "NAMES", "LIST"].map((what) => `$JS.API.CONSUMER.${what}.${stream}`),
    ...["CREATE", "DURABLE.CREATE", "DELETE", "INFO", "MSG.NEXT"].map((what) => `$JS.API.CONSUMER.${what}.${stream}.x`),
    ...[
      `$JS.API.CONSUMER.CREATE.${stream}.x.kevo.r.island.0.log`,
      `$JS.API.DIRECT.GET.${stream}`,
      `$JS.FC.${stream}.x.y`,
    ],
    `$JS.ACK.${stream}.x.1.1.1.1.1`,
  ]);
  streams.push(
    "$JS.API.INFO",
    "$JS.API.STREAM.NAMES",
    "$JS.API.STREAM.LIST",
    "$JS.API.ACCOUNT.PURGE.$G",
    "$SYS.REQ.SERVER.PING",
  );
  for (const subject of [...others, ...streams, `$O.${OBJECT_BUCKET}.C.x`, `$O.${OBJECT_BUCKET}.M.x`, "_INBOX.x"]) {
    expect([subject, await may(bus, subject, "publish")]).toEqual([subject, false]);
  }
  for (const subject of [">", "_INBOX.>", "kevo.>", subjects.batch("r"), subjects.model("*"), subjects.stop("r")]) {
    expect([subject, await may(bus, subject, "subscribe")]).toEqual([subject, false]);
  }
  await bus.close();
});

test("each role can do its work", async () => {
  const [worker, evaluator, operator] = await Promise.all([as("worker"), as("evaluator"), as("operator")]);
  expect(await may(worker, subjects.batch("r"), "publish")).toBe(true);
  expect(await may(evaluator, subjects.announcement(server.keys.nats.evaluator.publicKey), "publish")).toBe(true);
  expect(await may(evaluator, subjects.announcement(server.keys.nats.worker.publicKey), "publish")).toBe(false);
  expect(await may(operator, subjects.stop("r"), "publish")).toBe(true);
  expect(await may(operator, subjects.view("r"), "publish")).toBe(true);
  expect(await may(operator, subjects.ended("r"), "subscribe")).toBe(true);
  expect(await may(worker, subjects.view("r"), "publish")).toBe(false);
  for (const bus of [worker, evaluator, operator]) await bus.close();
});

test("workers and evaluators read what the coordinator has stored, through the bus of every program", async () => {
  await using stack = new AsyncDisposableStack();
  const open = async (role: Role) => {
    const bus = await connectBus({ url: server.url, role, name: role });
    stack.defer(() => bus.close());
    expect(bus.identity).toBe(server.keys.nats[role].publicKey);
    return bus;
  };
  const [coordinator, worker, evaluator] = await Promise.all([open("coordinator"), open("worker"), open("evaluator")]);
  const bytes = Buffer.from("a kernel ".repeat(40_000));
  const hash = createHash("sha256").update(bytes).digest("hex");
  await coordinator.putObject(hash, bytes);
  for (const bus of [worker, evaluator]) expect(Buffer.from((await bus.getObject(hash)) ?? [])).toEqual(bytes);
  await expect(worker.request(subjects.stop("r"), { v: 1 }, z.unknown(), 60_000)).rejects.toThrow(/may not send/);
  await expect(worker.appendLog([entry])).rejects.toThrow(/may not send/);

  const large = randomBytes(1_000_000);
  const largeHash = createHash("sha256").update(large).digest("hex");
  await coordinator.putObject(largeHash, large);
  expect(Buffer.compare((await evaluator.getObject(largeHash)) as Uint8Array, large)).toBe(0);
  expect(await evaluator.getObject("0".repeat(64))).toBeNull();

  await coordinator.openLogStream();
  const read = new Promise((resolve) => void worker.followLog("r", 0, resolve));
  // The server knows of the subscription when it has answered.
  await worker.getObject(hash);
  await coordinator.appendLog([entry]);
  expect(await read).toEqual(entry);
});

test.each(["worker", "evaluator", "operator"] as const)(
  "an answer to a %s goes to whoever waits for it, and nowhere else",
  async (role) => {
    await using stack = new AsyncDisposableStack();
    const coordinator = await connectBus({ url: server.url, role: "coordinator", name: "coordinator" });
    stack.defer(() => coordinator.close());
    await coordinator.openLogStream();
    const stopped = vi.fn(() => ({ v: 1 }));
    coordinator.serve(subjects.stop("s"), stopRequest, stopped);
    coordinator.serve(subjects.lease("s"), z.unknown(), () => ({ v: 1, status: "lost" }));
    coordinator.serve(subjects.view("s"), z.unknown(), () => ({ v: 1, snapshot: {} }));
    const told = vi.fn();
    coordinator.onMalformed(told);
    const bus = await as(role);
    stack.defer(() => bus.close());
    const asked = { worker: subjects.lease("s"), evaluator: subjects.objects, operator: subjects.view("s") }[role];
    const request = JSON.stringify({ v: 1, hash: "0".repeat(64), offset: 0 });
    const strays = [
      ...[subjects.stop("s"), subjects.log("s", 0), subjects.control("s"), subjects.announcement("x")],
      ...[`$JS.API.STREAM.PURGE.${LOG_STREAM}`, `$O.${OBJECT_BUCKET}.M.x`, "_INBOXES.x", "_INBOX.*", "_INBOX_x.y"],
    ];
    for (const reply of strays) bus.publish(asked, request, { reply });
    // Asked after them, answered after them.
    expect((await bus.request(asked, request)).json()).toMatchObject({ v: 1 });
    expect(stopped).not.toHaveBeenCalled();
    expect(await coordinator.logTail("s", 0)).toBeNull();
    // Of all but one, whose answer nobody hears.
    expect(told).toHaveBeenCalledTimes(strays.length - 1);
    for (const [subject, why] of told.mock.calls) {
      expect(subject).toBe(asked);
      expect(why).toMatch(/it asks for the answer on|it was delivered out of a stream/);
    }
  },
);

test("the server's own answers cannot be sent into a log or a run", async () => {
  const watching = await as("coordinator");
  const stray = vi.fn();
  for (const subject of [subjects.log("t", 0), subjects.stop("t")]) watching.subscribe(subject, { callback: stray });
  await watching.flush();
  for (const role of ["worker", "evaluator", "operator"] as const) {
    const bus = await as(role);
    for (const reply of [subjects.log("t", 0), subjects.stop("t")]) {
      bus.publish("$JS.API.INFO", "", { reply });
      bus.publish(`$JS.API.STREAM.INFO.${LOG_STREAM}`, "", { reply });
    }
    await bus.flush();
    await bus.close();
  }
  // A coordinator may: what it asks for afterwards arrives after all that came before.
  watching.publish("$JS.API.INFO", "", { reply: subjects.stop("t") });
  await vi.waitFor(() => expect(stray).toHaveBeenCalledOnce());
  await watching.close();
});
