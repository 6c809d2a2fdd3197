/** A worker that cannot fetch its run's kernel because NATS or the coordinator is away looks for the run again. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNatsServer } from "@kevo/coordinator/nats-server/embedded.ts";
import { connectBus } from "@kevo/core/bus/connect.ts";

import { work } from "@kevo/island-worker/worker/work.ts";
import { runsRequest } from "@kevo/proto/messages/control.ts";
import { specOf } from "@kevo/proto/run.fixture.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { expect, test } from "vitest";

test("a worker whose run's kernel nobody serves at this moment does not end", async () => {
  const dir = mkdtempSync(join(tmpdir(), "kevo-worker-"));
  const server = await startNatsServer({ dir });
  const bus = await connectBus({ url: server.url, role: "coordinator", name: "test" });
  const spec = specOf();
  bus.serve(subjects.runs, runsRequest, () => ({ v: WIRE_VERSION, spec }));
  const stop = new AbortController();
  const twice = Promise.withResolvers<void>();
  let failures = 0;
  const onNote = (note: string) => {
    if (note.includes("trying again") && ++failures === 2) twice.resolve();
  };
  const options = { nats: server.url, token: undefined, islands: 1, run: null, name: "w", onNote };
  const working = work(options, stop.signal);
  await Promise.race([twice.promise, working.then(() => twice.promise)]);
  stop.abort();
  await working;
  expect(failures).toBeGreaterThanOrEqual(2);
  await bus.close();
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});
