/** A rogue with an evaluator's identity lies: about itself, about other evaluators, and about unused addresses. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

test("a live evaluator that is announced as lost continues, and strange addresses are not dialled", async () => {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { benchmarkMs: 300 });
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
  const run = place.start("coordinator", [...args, "--evaluations", "30", "--json"]);
  await place.ledger().evaluated(3);
  await using stack = new AsyncDisposableStack();
  const url = `nats://127.0.0.1:${place.natsRecord().port}`;
  const bus = await connectBus({ url, role: "evaluator", name: "rogue" });
  stack.defer(() => bus.close());

  let dialled = 0;
  const trap = createServer((socket) => {
    dialled++;
    socket.destroy();
  }).listen(0, "127.0.0.1");
  await once(trap, "listening");
  stack.defer(() => void trap.close());
  const { port } = trap.address() as AddressInfo;
  const announce = (id: string, address: string, state: string) =>
    bus.publish(subjects.announcement(bus.identity ?? "-"), { v: 1, id, address, backend: "replay", state });

  const [real] = place.ledger().query<{ id: string; address: string }>("select id, address from evaluators");
  if (real === undefined) throw new Error("no evaluator is stored");
  for (let n = 0; n < 3_000; n++) announce(`rogue-${n}-id`, `127.0.0.1:${n === 0 ? port : 20_000 + n}`, "serving");
  for (const state of ["draining", "disconnected"]) announce(real.id, real.address, state);
  const { code, stderr, stdout } = await run.ended;
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ status: "completed", evaluations: expect.anything() });
  expect(dialled).toBe(0);
  const states = place.ledger().query<{ address: string }>("select address from evaluators");
  expect(states.map(({ address }) => address)).toEqual([real.address]);
  expect(stderr).not.toMatch(new RegExp(`${real.address} is (draining|lost)`));
});
