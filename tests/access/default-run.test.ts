/** The power of another user of the host, and of a worker's identity, over a run that was started without options. */
import { spawnSync } from "node:child_process";
import { chmodSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { createNKey } from "@kevo/core/identity/nkey.ts";
import { batchReply } from "@kevo/proto/messages/batch.ts";
import { leaseReply } from "@kevo/proto/messages/lease.ts";
import { modelReply } from "@kevo/proto/messages/model.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

const STRANGER = fileURLToPath(new URL("./stranger.fixture.ts", import.meta.url));
/** The usual number of a user without rights. */
const NOBODY = ["--reuid=65534", "--regid=65534", "--clear-groups"];
/** It needs root to become another user, and the other user has to be able to read this clone. */
const canTry = process.getuid?.() === 0 && spawnSync("setpriv", [...NOBODY, "test", "-r", STRANGER]).status === 0;

async function running(place: Workplace) {
  writeSyntheticSpace(place.file("space.json"), { benchmarkMs: 60 });
  const args = [
    "start",
    "--backend",
    "replay",
    "--space",
    "space.json",
    "--time-scale",
    "1",
    "--search",
    "random",
    "--islands",
    "2",
  ];
  const run = place.start("coordinator", [...args, "--evaluations", "200", "--json"]);
  await place.ledger().evaluated(3);
  return { run, port: place.natsRecord().port, id: place.ledger().latest().id };
}

const unlessRoot = canTry ? "" : " (skipped: it needs root, and a clone that other users can read)";
test.skipIf(!canTry)(`another user of the host: nothing is taken, answered or compiled${unlessRoot}`, async () => {
  await using place = new Workplace();
  const { run, port } = await running(place);
  chmodSync(place.path, 0o755);
  const [{ address } = { address: "" }] = place.ledger().query<{ address: string }>("select address from evaluators");
  const secrets = join(tmpdir(), `kevo-secrets-${process.getuid?.()}`);
  expect(readdirSync(secrets)).toContain(`nats-${port}.json`);
  const secret = join(secrets, `evaluator-${address.split(":")[1]}.json`);
  const known = { port: String(port), folder: place.path, secret, address, key: createNKey().seed };
  const tried = spawnSync("setpriv", [...NOBODY, process.execPath, STRANGER, JSON.stringify(known)], {
    encoding: "utf8",
    env: { PATH: process.env.PATH },
    timeout: 300_000,
  });
  const refused = "'Authorization Violation'";
  expect(JSON.parse(tried.stdout || `"${tried.stderr}"`)).toEqual({
    ...{ bus: refused, withToken: refused, withKey: refused },
    ...{ describe: 16, evaluate: 16, drain: 16 },
    ...{ keys: "EACCES", database: "EACCES", wal: "EACCES", secret: "EACCES", below: [] },
    ...{ cmdline: 0, environ: 0 },
  });
  const { code, stderr } = await run.ended;
  expect(code, stderr).toBe(0);
  expect(stderr).not.toMatch(/draining|dropped/);
});

test("a worker's identity cannot use another's lease, settle another's call, or stop a run", async () => {
  await using place = new Workplace();
  const { run, port, id } = await running(place);
  await using stack = new AsyncDisposableStack();
  const bus = await connectBus({ url: `nats://127.0.0.1:${port}`, role: "worker", name: "rogue" });
  stack.defer(() => bus.close());
  const [held] = place
    .ledger()
    .query<{ island: number; epoch: number; worker: string }>(
      "select island, epoch, worker from islands where worker is not null order by island limit 1",
    );
  const lease = { v: 1, ...held };
  for (const secret of [undefined, "0".repeat(32)]) {
    const release = await bus.request(subjects.lease(id), { ...lease, type: "release", secret }, leaseReply, 60_000);
    expect(release.status).toBe("lost");
    const batch = { ...lease, k: 1_000, proposals: [], diversity: null, secret };
    const offered = await bus.request(subjects.batch(id), batch, batchReply, 60_000);
    expect(offered).toMatchObject({
      status: "refused",
      refusal: "stale_epoch",
      reason: expect.stringMatching(/another worker/),
    });
    const settle = { v: 1, type: "settle", id: "c", usd: 0, secret };
    await expect(bus.request(subjects.model(id), settle, modelReply, 60_000)).rejects.toThrow(/another worker/);
  }
  await expect(bus.request(subjects.stop(id), { v: 1 }, modelReply, 60_000)).rejects.toThrow(/may not send/);
  const { code, stderr } = await run.ended;
  expect(code, stderr).toBe(0);
  expect(JSON.parse((await run.ended).stdout)).toMatchObject({ status: "completed" });
});
