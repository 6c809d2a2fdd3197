import { Client, credentials, makeClientConstructor, status } from "@grpc/grpc-js";
import { openEvaluatorClient } from "@kevo/core/evaluator-access/client.ts";
import { service as healthService } from "grpc-health-check";
import { describe, expect, test } from "vitest";
import { scriptedBackend } from "./scripted-backend.fixture.ts";

import { cleanups, describeDaemon, evaluate, refusal, requestOf, SECRET, serve } from "./serving.fixture.ts";

function health(address: string): Promise<string> {
  const HealthClient = makeClientConstructor(healthService as never, "Health");
  const client = new HealthClient(address, credentials.createInsecure()) as unknown as Client & {
    check: (request: object, answer: (error: unknown, reply: { status: string }) => void) => void;
  };
  return new Promise((resolve, reject) =>
    client.check({ service: "kevo.v1.Evaluator" }, (error, reply) => {
      client.close();
      if (error) reject(error);
      else resolve(reply.status);
    }),
  );
}

describe("evaluate", () => {
  test("stages that last are reported in order, then the result with what it took", async () => {
    const backend = scriptedBackend({ onStage: () => new Promise((resolve) => setTimeout(resolve, 10)) });
    const { client } = await serve(backend);
    const { stages, result } = evaluate(client, requestOf(1, "hold lane"));
    await backend.happened("measure 1");
    setTimeout(backend.letGo, 20);
    const found = await result;
    expect(found).toMatchObject({ outcome: "ok", toolchain: "scripted 1.0", deviceModel: "Script" });
    expect(found.compileMs).toBeGreaterThan(0);
    expect(found.laneMs).toBeGreaterThan(0);
    expect(found.resources).toEqual([
      {
        name: "act",
        registers: 168,
        spillBytes: 12,
        sharedBytes: 65_536,
        warps: 8,
        instructions: { total: 90, tensor: 8 },
      },
    ]);
    expect(stages).toEqual(["COMPILING", "VERIFYING"]);
    expect(backend.events).toContain("disposed 1");
  });

  test("a source that does not compile is an outcome and takes no lane", async () => {
    const backend = scriptedBackend();
    const { client } = await serve(backend);
    const found = await evaluate(client, requestOf(1, "fail")).result;
    expect(found).toMatchObject({ outcome: "compile_error", message: "line 1: no", device: "", resources: [] });
    expect(backend.events).toEqual(["compile 1"]);
  });

  test("a value that needs a later GPU than is here is invalid, with a message", async () => {
    const backend = scriptedBackend();
    const hopper = { ...backend, devices: backend.devices.map((device) => ({ ...device, capability: "9.0" })) };
    const { client } = await serve(hopper);
    expect(await evaluate(client, requestOf(1, "later")).result).toMatchObject({
      outcome: "invalid",
      message: "act = later needs compute capability 10.0; this device has 9.0",
    });
  });

  test("a configuration that breaks a constraint is invalid and never compiled", async () => {
    const backend = scriptedBackend();
    const { client } = await serve(backend);
    const found = await evaluate(client, requestOf(13)).result;
    expect(found.outcome).toBe("invalid");
    expect(found.message).toContain("constraint");
    expect(backend.events).toEqual([]);
  });

  test.each([
    ["candidate", { candidate: "nonsense" }, "candidate"],
    ["kernel", { kernel: "../../etc/passwd" }, "kernel: must be a SHA-256"],
    ["config that is not JSON", { configJson: "{" }, "config_json is not JSON"],
    ["config that is no configuration", { configJson: '{"n":{}}' }, "config_json is not a configuration"],
    ["config without a parameter", { configJson: '{"n":1}' }, "lacks a value for act"],
    ["value outside its parameter", { configJson: '{"n":5000,"act":"ok"}' }, "n = 5000 is not in the space"],
    ["workload", { workloads: ["missing"] }, 'no workload "missing"; it has w'],
    ["no workloads", { workloads: [] }, "at least one workload"],
    ["effort", { effort: "enormous" }, "effort"],
    ["evolved source", { source: "kernel.c" }, "source: "],
  ])("malformed %s: INVALID_ARGUMENT says what was wrong", async (_what, change, message) => {
    const backend = scriptedBackend();
    const { client } = await serve(backend);
    const { code, fault, details } = await refusal(evaluate(client, requestOf(1, "ok", change)).result);
    expect(code).toBe(status.INVALID_ARGUMENT);
    expect(fault).toBe("malformed_request");
    expect(details).toContain(message);
    expect(backend.events).toEqual([]);
    expect((await evaluate(client, requestOf(2)).result).outcome).toBe("ok");
  });

  test("a kernel that cannot be had and a device model that is not here: FAILED_PRECONDITION", async () => {
    const { client } = await serve(scriptedBackend());
    const kernel = await refusal(evaluate(client, requestOf(1, "ok", { kernel: "0".repeat(64) })).result);
    expect(kernel).toMatchObject({
      code: status.FAILED_PRECONDITION,
      fault: "kernel_unavailable",
      details: expect.stringContaining("is not here"),
    });
    const model = await refusal(evaluate(client, requestOf(1, "ok", { deviceModel: "H200" })).result);
    expect(model).toMatchObject({
      code: status.FAILED_PRECONDITION,
      fault: "no_such_device",
      details: expect.stringContaining("the devices are Script"),
    });
  });

  test("a device that fails is not the candidate's fault: INTERNAL, and the lane is free again", async () => {
    const { client } = await serve(scriptedBackend());
    const failed = await refusal(evaluate(client, requestOf(1, "throw")).result);
    expect(failed).toMatchObject({
      code: status.INTERNAL,
      fault: "evaluator_failed",
      details: expect.stringContaining("the driver is unloaded"),
    });
    expect((await evaluate(client, requestOf(2)).result).outcome).toBe("ok");
  });

  test("a quarantined device returns its waiting candidates, takes no new ones, and comes back", async () => {
    const backend = scriptedBackend({ compileProcesses: 2 });
    const { client } = await serve(backend);
    const inLane = evaluate(client, requestOf(1, "hold lane"));
    await backend.happened("measure 1");
    const waiting = evaluate(client, requestOf(2));
    await backend.happened("compile 2");
    backend.setHealth(0, false);
    expect(await refusal(waiting.result)).toMatchObject({
      code: status.UNAVAILABLE,
      fault: "quarantined",
      details: expect.stringContaining("quarantined"),
    });
    backend.letGo();
    expect((await inLane.result).outcome).toBe("ok");
    expect(await describeDaemon(client)).toMatchObject({ credits: 0, devices: [{ state: "quarantined" }] });
    expect((await refusal(evaluate(client, requestOf(3)).result)).code).toBe(status.RESOURCE_EXHAUSTED);
    backend.setHealth(0, true);
    expect((await evaluate(client, requestOf(4)).result).outcome).toBe("ok");
    expect(await describeDaemon(client)).toMatchObject({ credits: 5, devices: [{ state: "idle" }] });
  });

  test("a fault of the host that another attempt would meet again: FAILED_PRECONDITION with its message", async () => {
    const { client } = await serve(scriptedBackend());
    const failed = await refusal(evaluate(client, requestOf(1, "full disk")).result);
    expect(failed).toEqual({ code: status.FAILED_PRECONDITION, fault: "disk_full", details: "the disk is full" });
    expect((await evaluate(client, requestOf(2)).result).outcome).toBe("ok");
  });

  test("bytes that are not a request are refused without harm", async () => {
    const { client, address } = await serve(scriptedBackend());
    const raw = new Client(address, credentials.createInsecure());
    cleanups.push(() => raw.close());
    const garbage = (bytes: Buffer) => bytes;
    const answer = new Promise((resolve, reject) => {
      const path = "/kevo.v1.Evaluator/Describe";
      raw.makeUnaryRequest(path, garbage, garbage, Buffer.from("ffffffff", "hex"), (error, reply) =>
        error ? reject(error) : resolve(reply),
      );
    });
    await refusal(answer);
    expect((await evaluate(client, requestOf(2)).result).outcome).toBe("ok");
  });

  test("each stage has its own limit, independent of the stages before it", async () => {
    const backend = scriptedBackend({ compileProcesses: 2 });
    const { client } = await serve(backend, { limits: { compileMs: 40, laneMs: 60 } });
    const [compiling, measuring, second] = await Promise.all([
      evaluate(client, requestOf(1, "hold compile")).result,
      evaluate(client, requestOf(2, "hold lane")).result,
      evaluate(client, requestOf(3, "hold lane")).result,
    ]);
    expect(compiling).toMatchObject({ outcome: "timeout", message: expect.stringContaining("compiling took longer") });
    for (const found of [measuring, second]) {
      expect(found).toMatchObject({ outcome: "timeout", message: expect.stringContaining("verifying and timing") });
    }
    expect(backend.events.filter((event) => event.startsWith("ended")).toSorted()).toEqual([
      "ended 1",
      "ended 2",
      "ended 3",
    ]);
  });
});

describe("back-pressure and cancellation", () => {
  test("no credit left: RESOURCE_EXHAUSTED; one that ends gives its credit back", async () => {
    const backend = scriptedBackend();
    const { client } = await serve(backend);
    const { credits } = await describeDaemon(client);
    expect(credits).toBe(1 + 1 + 2);
    const held = Array.from({ length: credits }, (_, n) => evaluate(client, requestOf(n, "hold lane")));
    await backend.happened("measure 0");
    expect((await refusal(evaluate(client, requestOf(9)).result)).code).toBe(status.RESOURCE_EXHAUSTED);
    expect(await describeDaemon(client)).toMatchObject({ inFlight: credits, devices: [{ state: "busy" }] });
    for (const [n, { result }] of held.entries()) {
      await backend.happened(`measure ${n}`);
      backend.letGo();
      await result;
    }
    expect((await evaluate(client, requestOf(9)).result).outcome).toBe("ok");
  });

  test("cancelling ends what runs and frees its place at every stage", async () => {
    const backend = scriptedBackend();
    const { client } = await serve(backend);
    const inLane = evaluate(client, requestOf(0, "hold lane"));
    await backend.happened("measure 0");
    const ready = evaluate(client, requestOf(1));
    await backend.happened("compile 1");
    const compiling = evaluate(client, requestOf(2, "hold compile"));
    await backend.happened("compile 2");
    const waiting = evaluate(client, requestOf(3));
    while ((await describeDaemon(client)).inFlight < 4);
    for (const { call, result } of [waiting, ready, compiling, inLane]) {
      call.cancel();
      expect((await refusal(result)).code).toBe(status.CANCELLED);
    }
    await Promise.all(["disposed 1", "ended 2", "ended 0", "disposed 0"].map(backend.happened));
    while ((await describeDaemon(client)).inFlight > 0);
    expect((await evaluate(client, requestOf(4)).result).outcome).toBe("ok");
    expect(backend.events).not.toContain("compile 3");
    expect(backend.events).not.toContain("measure 1");
  });

  test("a client that disconnects frees its lane", async () => {
    const backend = scriptedBackend();
    const { client, address } = await serve(backend);
    const leaving = openEvaluatorClient(address, { secret: SECRET });
    const left = evaluate(leaving, requestOf(0, "hold lane"));
    await backend.happened("measure 0");
    left.result.catch(() => {});
    leaving.getChannel().close();
    left.call.cancel();
    await backend.happened("ended 0");
    expect((await evaluate(client, requestOf(1)).result).outcome).toBe("ok");
  });
});

describe("drain", () => {
  test("finishes the candidates in hand, refuses new ones, and says so in health", async () => {
    const backend = scriptedBackend();
    const { client, address } = await serve(backend);
    expect(await health(address)).toBe("SERVING");
    const held = [0, 1, 2, 3].map((n) => evaluate(client, requestOf(n, n === 0 ? "hold lane" : "ok")));
    await backend.happened("measure 0");
    const drained = new Promise<number>((resolve, reject) =>
      client.drain({}, (error, reply) => (error || !reply ? reject(error) : resolve(reply.finished))),
    );
    while (!(await describeDaemon(client)).draining);
    expect(await health(address)).toBe("NOT_SERVING");
    expect((await refusal(evaluate(client, requestOf(9)).result)).code).toBe(status.UNAVAILABLE);
    backend.letGo();
    const outcomes = await Promise.all(held.map(({ result }) => result));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["ok", "ok", "ok", "ok"]);
    expect(await drained).toBe(4);
  });

  test("hands back what has not begun, and at the end of the grace everything", async () => {
    const backend = scriptedBackend();
    const { server, client } = await serve(backend);
    const inLane = evaluate(client, requestOf(0, "hold lane"));
    await backend.happened("measure 0");
    const ready = evaluate(client, requestOf(1));
    await backend.happened("compile 1");
    const compiling = evaluate(client, requestOf(2, "hold compile"));
    await backend.happened("compile 2");
    const waiting = evaluate(client, requestOf(3));
    while ((await describeDaemon(client)).inFlight < 4);
    const drained = server.drain();
    server.handBack("waiting");
    expect(await refusal(waiting.result)).toMatchObject({ code: status.UNAVAILABLE, fault: "draining" });
    expect((await describeDaemon(client)).inFlight).toBe(3);
    server.handBack("all");
    for (const { result } of [inLane, ready, compiling]) {
      expect(await refusal(result)).toMatchObject({ code: status.UNAVAILABLE, fault: "draining" });
    }
    expect(await drained).toBe(0);
    expect(backend.events).toContain("ended 0");
    expect(backend.events).not.toContain("measure 1");
  });
});
