import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { expect, test } from "vitest";
import { startNatsServer } from "../nats-server/embedded.ts";
import { ObjectKeeper } from "./object-keeper.ts";

const objectOf = (text: string) => ({
  hash: createHash("sha256").update(text).digest("hex"),
  bytes: Buffer.from(text),
});

test("a server that lost its store has everything again, also what came to be known since the beginning", async () => {
  const dir = mkdtempSync(join(tmpdir(), "kevo-objects-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  const server = await startNatsServer({ dir, token: "t" });
  stack.defer(() => server.stop());
  const connect = async (name: string) => {
    const bus = await connectBus({ url: server.url, role: "coordinator", token: "t", name });
    stack.defer(() => bus.close());
    return bus;
  };
  const [bus, reader] = [await connect("coordinator"), await connect("evaluator")];
  const objects = [objectOf("kernel")];
  const keeper = new ObjectKeeper(bus, () => objects);
  stack.defer(() => keeper.close());
  await keeper.publish();
  objects.push(objectOf("evolved"));

  const back = new Promise<void>((resolve) => reader.onReconnect(resolve));
  rmSync(join(dir, "store"), { recursive: true });
  process.kill(server.pid, "SIGKILL");
  await back;
  for (const { hash, bytes } of objects) {
    await expect.poll(async () => Buffer.from((await reader.getObject(hash)) ?? [])).toEqual(bytes);
  }
});
