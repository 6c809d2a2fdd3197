import { connect } from "node:net";
import { Metadata, Server, ServerCredentials, status } from "@grpc/grpc-js";
import { CallSigner, digestOf, PROOF_KEY } from "@kevo/core/evaluator-access/call-proof.ts";
import { openEvaluatorClient } from "@kevo/core/evaluator-access/client.ts";
import { connectEvaluator, evaluatorService } from "@kevo/proto/evaluator-service.ts";
import { describe, expect, test, vi } from "vitest";
import { scriptedBackend } from "./scripted-backend.fixture.ts";

import { cleanups, describeDaemon, evaluate, refusal, requestOf, SECRET, serve } from "./serving.fixture.ts";

describe("identity", () => {
  test("every call needs it, with no secret or a wrong one nothing is answered", async () => {
    const { address } = await serve(scriptedBackend());
    const without = connectEvaluator(address);
    const wrong = openEvaluatorClient(address, { secret: "another secret that is as long as the right one" });
    cleanups.push(
      () => without.close(),
      () => wrong.close(),
    );
    for (const client of [without, wrong]) {
      expect((await refusal(evaluate(client, requestOf(1)).result)).code).toBe(status.UNAUTHENTICATED);
      expect((await refusal(describeDaemon(client))).code).toBe(status.UNAUTHENTICATED);
      const drain = new Promise((resolve, reject) => client.drain({}, (e, r) => (e ? reject(e) : resolve(r))));
      expect((await refusal(drain)).code).toBe(status.UNAUTHENTICATED);
    }
  });

  test("a call is neither repeated, nor changed, nor passed on by another address", async () => {
    const { address } = await serve(scriptedBackend());
    const signer = new CallSigner(SECRET);
    const path = "/kevo.v1.Evaluator/Describe";
    const metadata = (proof: string) => {
      const made = new Metadata();
      made.set(PROOF_KEY, proof);
      return made;
    };
    const raw = connectEvaluator(address);
    cleanups.push(() => raw.close());
    const ask = (run: string, proof: string) =>
      new Promise((resolve, reject) =>
        raw.describe({ run }, metadata(proof), (error, reply) => (error ? reject(error) : resolve(reply))),
      );
    const proof = signer.prove({ path, authority: address }, digestOf({ run: "a" }));
    expect(await ask("a", proof)).toMatchObject({ draining: false });
    expect((await refusal(ask("a", proof))).details).toMatch(/made before/);
    const second = signer.prove({ path, authority: address }, digestOf({ run: "a" }));
    expect((await refusal(ask("b", second))).details).toMatch(/not the one that its caller signed/);
    const relayed = signer.prove({ path, authority: "127.0.0.1:1" }, digestOf({ run: "a" }));
    expect((await refusal(ask("a", relayed))).code).toBe(status.UNAUTHENTICATED);
    const old = signer.prove({ path, authority: address }, digestOf({})).replace(/ \d{13} /, " 1000000000000 ");
    expect((await refusal(ask("", old))).code).toBe(status.UNAUTHENTICATED);
  });

  test("a caller whose clock is wrong is refused until it is set, and its run goes on then", async () => {
    const { client } = await serve(scriptedBackend());
    const ahead = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 3_600_000);
    const call = describeDaemon(client);
    ahead.mockRestore();
    const refused = await refusal(call);
    expect(refused).toMatchObject({
      ...{ code: status.UNAVAILABLE, fault: "clocks_differ" },
      details: expect.stringMatching(/clocks/),
    });
    expect(await describeDaemon(client)).toMatchObject({ draining: false });
  });

  test("who does not know the secret cannot answer in an evaluator's place", async () => {
    const stranger = new Server();
    stranger.addService(evaluatorService, {
      Describe: (_call: unknown, answer: (error: null, reply: object) => void) => answer(null, { credits: 99 }),
    } as never);
    const port = await new Promise<number>((resolve, reject) =>
      stranger.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (e, p) => (e ? reject(e) : resolve(p))),
    );
    cleanups.push(() => stranger.forceShutdown());
    const client = openEvaluatorClient(`127.0.0.1:${port}`, { secret: SECRET });
    cleanups.push(() => client.close());
    expect(await refusal(describeDaemon(client))).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: expect.stringMatching(/does not know the secret/),
    });
  });

  test("600 silent connections exclude no client, and are closed", async () => {
    const { client, address } = await serve(scriptedBackend());
    const port = Number(address.split(":")[1]);
    const sockets = Array.from({ length: 600 }, () =>
      connect({ host: "127.0.0.1", port })
        .resume()
        .on("error", () => {}),
    );
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
    });
    const closed = sockets
      .slice(0, 500)
      .map((socket) => new Promise((resolve) => (socket.closed ? resolve(null) : socket.once("close", resolve))));
    expect((await evaluate(client, requestOf(1)).result).outcome).toBe("ok");
    await Promise.all(closed);
    expect((await evaluate(client, requestOf(2)).result).outcome).toBe("ok");
  });

  test("a message that is larger than any request is refused", async () => {
    const { client } = await serve(scriptedBackend());
    const large = requestOf(1, "ok", { configJson: " ".repeat(2 * 1024 * 1024) });
    expect((await refusal(evaluate(client, large).result)).code).toBe(status.RESOURCE_EXHAUSTED);
    expect((await evaluate(client, requestOf(2)).result).outcome).toBe("ok");
  });
});
