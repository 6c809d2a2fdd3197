/** The clients that an embedded nats-server admits, and the permissions of each role. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedNats, startNatsServer } from "@kevo/coordinator/nats-server/embedded.ts";
import { connectBus } from "@kevo/core/bus/connect.ts";
import type { Role } from "@kevo/core/identity/role.ts";
import { natsKeyOfToken } from "@kevo/core/identity/token-keys.ts";
import type { LogEntry } from "@kevo/proto/log.ts";
import { LOG_STREAM, OBJECT_BUCKET, subjects } from "@kevo/proto/subjects.ts";
import { connect, Events, type NatsConnection, nkeyAuthenticator } from "nats";
import { afterAll, beforeAll, expect, test } from "vitest";
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
  const streams = [LOG_STREAM, `OBJ_${OBJECT_BUCKET}`].flatMap((stream) =>
    ["DELETE", "PURGE", "UPDATE", "CREATE", "MSG.DELETE"].map((what) => `$JS.API.STREAM.${what}.${stream}`),
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
  await expect(worker.request(subjects.stop("r"), { v: 1 }, z.unknown(), 5_000)).rejects.toThrow(/may not send/);
  await expect(worker.appendLog([entry])).rejects.toThrow(/may not send/);

  await coordinator.openLogStream();
  await coordinator.appendLog([entry]);
  const read = await new Promise((resolve) => void worker.followLog("r", 0, resolve));
  expect(read).toEqual(entry);
});
