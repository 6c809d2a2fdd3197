/** A worker acts on the code of a refusal, with any message. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNatsServer } from "@kevo/coordinator/nats-server/embedded.ts";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { WorkerSession } from "@kevo/island-worker/worker/worker-session.ts";
import { kernelDefinition } from "@kevo/proto/kernel.ts";
import { type BatchRefusal, type BatchRequest, batchRequest } from "@kevo/proto/messages/batch.ts";
import { leaseRequest } from "@kevo/proto/messages/lease.ts";
import { specOf } from "@kevo/proto/run.fixture.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { expect, test } from "vitest";

const v = WIRE_VERSION;
const spec = specOf({ run: "refused", count: 1 });
const definition = kernelDefinition.parse({
  ...{ id: "k", title: "K", backends: ["replay"], default: null, source: null, reference: null },
  parameters: [{ name: "TILE", type: "integer", min: 0, max: 999 }],
  workloads: [{ name: "one", shape: {}, flops: 1, bytes: 1 }],
});

/** Epochs of the batches that a worker sends to a coordinator that refuses them all, until `enough` came. */
async function epochsSent(refusal: BatchRefusal, reason: string, enough: number): Promise<number[]> {
  await using stack = new AsyncDisposableStack();
  const dir = mkdtempSync(join(tmpdir(), "kevo-refusal-"));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const server = await startNatsServer({ dir });
  stack.defer(() => server.stop());
  const coordinator = await connectBus({ url: server.url, role: "coordinator", name: "coordinator" });
  stack.defer(() => coordinator.close());
  const worker = await connectBus({ url: server.url, role: "coordinator", name: "worker" });
  stack.defer(() => worker.close());

  await coordinator.openLogStream();
  await coordinator.appendLog([{ v, run: spec.run, island: 0, n: 0, type: "opened", spec }]);
  let epoch = 0;
  coordinator.serve(subjects.lease(spec.run), leaseRequest, ({ type }) => {
    if (type !== "acquire") return { v, status: "lost" };
    epoch++;
    return { v, status: "granted", island: 0, epoch, ttl_ms: 60_000, tail: 0 };
  });
  const sent: number[] = [];
  const done = Promise.withResolvers<void>();
  coordinator.serve(subjects.batch(spec.run), batchRequest, (request: BatchRequest) => {
    sent.push(request.epoch);
    if (sent.length === enough) done.resolve();
    return { v, status: "refused", refusal, reason, window: 4, stop: false, tail: 0 };
  });
  const announcing = setInterval(() => {
    coordinator.publish(subjects.control(spec.run), { v, run: spec.run, state: "running", windows: [4], tails: [0] });
  }, 100);
  stack.defer(() => clearInterval(announcing));
  const leaving = new AbortController();
  const session = new WorkerSession(worker, spec, definition, "worker").run(1, leaving.signal);
  await done.promise;
  leaving.abort();
  await session;
  return sent;
}

test("an island that another worker holds is given up and asked for again", async () => {
  expect(await epochsSent("stale_epoch", "another worker has this island", 2)).toEqual([1, 2]);
});

test("any other refusal is no loss of the island, however it begins", async () => {
  expect(await epochsSent("wrong_number", "epoch and island are right, the number is not", 2)).toEqual([1, 1]);
});
