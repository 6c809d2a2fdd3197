/** What a worker that is refused leaves behind, and how much the bus stores at most. */

import { connectBus } from "@kevo/core/bus/connect.ts";
import { codeHash } from "@kevo/core/evolved-source/edits.ts";
import { readClusterKeys } from "@kevo/core/identity/cluster-keys.ts";
import { batchReply } from "@kevo/proto/messages/batch.ts";
import { leaseReply } from "@kevo/proto/messages/lease.ts";
import { LOG_STREAM, OBJECT_BUCKET, subjects } from "@kevo/proto/subjects.ts";
import { connect, nkeyAuthenticator } from "nats";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

test("a refused batch stores none of its sources, and every stream has a limit", async () => {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"));
  const args = ["start", "--backend", "replay", "--space", "space.json", "--external-workers", "--json"];
  const run = place.start("coordinator", [...args, "--evaluations", "50"]);
  await place.ledger().evaluated(0);
  await expect.poll(() => place.ledger().query("select 1 from events where kind = 'started'")).toHaveLength(1);
  const { id } = place.ledger().latest();
  const url = `nats://127.0.0.1:${place.natsRecord().port}`;
  await using stack = new AsyncDisposableStack();
  const bus = await connectBus({ url, role: "worker", name: "rogue" });
  stack.defer(() => bus.close());
  const lease = await bus.request(subjects.lease(id), { v: 1, type: "acquire", worker: "rogue" }, leaseReply, 120_000);
  if (lease.status !== "granted") throw new Error(`no lease: ${lease.status}`);
  const { island, epoch, secret } = lease;
  const code = (what: string) => `int ${what};\n`;
  const offer = async (what: string, change: object) => {
    const source = codeHash(code(what));
    const proposal = { config: { a: 0, b: 0, c: 0, d: 0 }, source, proposer: "random", parents: [], reason: null };
    const batch = { v: 1, worker: "rogue", island, epoch, secret, k: 0, proposals: [proposal], diversity: null };
    const request = { ...batch, sources: { [source]: code(what) }, ...change };
    const { status } = await bus.request(subjects.batch(id), request, batchReply, 120_000);
    return [status, await bus.getObject(source)];
  };
  expect(await offer("not_its_turn", { k: 7 })).toEqual(["refused", null]);
  expect(await offer("of_another_lease", { epoch: epoch + 1 })).toEqual(["refused", null]);
  expect(await offer("without_the_secret", { secret: undefined })).toEqual(["refused", null]);
  expect(await offer("in_a_run_whose_code_does_not_evolve", {})).toEqual(["refused", null]);
  const outside = { config: { a: 99, b: 0, c: 0, d: 0 }, source: codeHash(code("outside")) };
  const proposals = [{ ...outside, proposer: "random", parents: [], reason: null }];
  expect(await offer("outside", { proposals })).toEqual(["refused", null]);

  const { seed } = readClusterKeys(place.file(".kevo/nats/keys.json")).nats.coordinator;
  const owner = await connect({ servers: url, authenticator: nkeyAuthenticator(Buffer.from(seed)) });
  stack.defer(() => owner.close());
  const manager = await owner.jetstreamManager();
  for (const name of [LOG_STREAM, `OBJ_${OBJECT_BUCKET}`]) {
    const { config } = await manager.streams.info(name);
    expect([name, config.max_bytes > 0]).toEqual([name, true]);
  }
  run.child.kill("SIGINT");
  await run.ended;
});
