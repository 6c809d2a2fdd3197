import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startNatsServer } from "@kevo/coordinator/nats-server/embedded.ts";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { type EvaluatorAccess, evaluatorAccess, openEvaluatorClient } from "@kevo/core/evaluator-access/client.ts";
import { RECORDED_WORKLOAD, recordedKernel } from "@kevo/core/recorded-space/recorded-kernel.ts";
import { loadRecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import type { EvaluatorClient, Result__Output } from "@kevo/proto/evaluator-service.ts";
import { type EvaluatorAnnouncement, evaluatorAnnouncement } from "@kevo/proto/messages/evaluators.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

const entry = fileURLToPath(new URL("../../gpu-evaluator/cli/main.ts", import.meta.url));
const cleanups: (() => unknown)[] = [];
let folder: string;
let space: string;
let kernel: string;

/** One parameter: 1 is fast, 2 takes an hour in the lane, 3 and 4 fail. */
const recording = {
  device_name: "Tape",
  kernel_name: "Recorded",
  tune_params_keys: ["x"],
  tune_params: { x: [1, 2, 3, 4] },
  cache: {
    1: { x: 1, time: 0.5, times: [0.4, 0.5, 0.6], compile_time: 20, verification_time: 1, benchmark_time: 30 },
    2: { x: 2, time: 0.7, compile_time: 0, benchmark_time: 3_600_000 },
    3: { x: 3, time: "CompilationFailedConfig" },
    4: { x: 4, time: "RuntimeFailedConfig" },
  },
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kevo-start-"));
  space = join(folder, "space.json");
  writeFileSync(space, JSON.stringify(recording));
  kernel = recordedKernel(await loadRecordedSpace(space)).hash;
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(args: string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(process.execPath, [entry, ...args], {
    env: { ...process.env, KEVO_TOKEN: "", ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  cleanups.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  return child;
}

/** Runs to its end. */
async function outcome(args: string[], environment: NodeJS.ProcessEnv = {}) {
  const child = run(args, environment);
  let said = "";
  child.stdout?.on("data", (chunk) => {
    said += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, "close");
  return { code, said };
}

async function started(args: string[] = [], environment: NodeJS.ProcessEnv = {}) {
  const child = run(["start", "--backend", "replay", "--space", space, "--json", ...args], environment);
  const ended = once(child, "exit").then(([code, signal]) => code ?? signal);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = await once(lines, "line");
  const { listening, id } = JSON.parse(line) as { listening: string; id: string };
  const client = openEvaluatorClient(listening, evaluatorAccess(listening, undefined) as EvaluatorAccess);
  cleanups.push(() => client.close());
  return { child, ended, listening, id, client };
}

function evaluate(client: EvaluatorClient, x: number) {
  const call = client.evaluate({
    candidate: `run/0/0/${x}`,
    attempt: 1,
    kernel,
    configJson: JSON.stringify({ x }),
    workloads: [RECORDED_WORKLOAD],
    effort: "quick",
  });
  const stages: string[] = [];
  const timing = Promise.withResolvers<void>();
  const result = new Promise<Result__Output>((resolve, reject) => {
    call.on("data", (event) => {
      if (event.result) resolve(event.result);
      else stages.push(event.stage);
      if (event.stage === "TIMING") timing.resolve();
    });
    call.on("error", reject);
  });
  result.catch(() => {});
  return { result, stages, timing: timing.promise };
}

describe("replay over gRPC", () => {
  test("recorded times and failures, and recorded durations where they passed", async () => {
    const { client } = await started(["--time-scale", "1"]);
    const fast = evaluate(client, 1);
    const found = await fast.result;
    expect(found).toMatchObject({
      outcome: "ok",
      deviceModel: "Tape",
      device: "replay:0",
      measurements: [{ workload: RECORDED_WORKLOAD, timeMs: 0.5, samples: [0.4, 0.5, 0.6] }],
    });
    // A recording has no baseline.
    expect(found.measurements?.[0]).not.toHaveProperty("speedup");
    expect(fast.stages).toEqual(["COMPILING", "VERIFYING", "TIMING"]);
    expect(found.compileMs).toBeGreaterThanOrEqual(19);
    expect(found.laneMs).toBeGreaterThanOrEqual(29);
    expect((await evaluate(client, 3).result).outcome).toBe("compile_error");
    expect(await evaluate(client, 4).result).toMatchObject({
      outcome: "crashed",
      message: expect.stringContaining("RuntimeFailedConfig"),
    });
  });
});

describe("leaving", () => {
  test("a signal drains: the candidates in hand are finished, then it ends with code 0", async () => {
    const { child, ended, client } = await started(["--time-scale", "3"]);
    const { result, timing } = evaluate(client, 1);
    await timing;
    child.kill("SIGTERM");
    expect((await result).outcome).toBe("ok");
    expect(await ended).toBe(0);
  });

  test("a second signal ends at once", async () => {
    const { child, ended, client } = await started(["--time-scale", "1"]);
    const { timing } = evaluate(client, 2);
    await timing;
    child.kill("SIGINT");
    // Two signals in one moment may arrive as one.
    const again = setInterval(() => child.kill("SIGINT"), 20);
    expect(await ended).toBe(130);
    clearInterval(again);
  });

  test("a client's Drain ends it", async () => {
    const { ended, client } = await started();
    await new Promise((resolve) => client.drain({}, resolve));
    expect(await ended).toBe(0);
  });

  test("with --parent it ends when its parent ends, even during an evaluation", async () => {
    const { child, ended, client } = await started(["--time-scale", "1", "--parent"]);
    await evaluate(client, 2).timing;
    child.stdin?.end();
    expect(await ended).toBe(130);
  });
});

describe("announcements", () => {
  test("serving at once and again, also after NATS was away; draining and disconnected on leaving", async () => {
    const nats = await startNatsServer({ dir: join(folder, "nats") });
    cleanups.push(() => nats.stop());
    const bus = await connectBus({ url: nats.url, role: "coordinator", name: "test" });
    cleanups.push(() => bus.close());
    const heard: EvaluatorAnnouncement[] = [];
    let onHeard = () => {};
    bus.subscribe(subjects.announcement("*"), evaluatorAnnouncement, (message) => {
      heard.push(message);
      onHeard();
    });
    const hears = (state: string) =>
      new Promise<void>((resolve) => {
        onHeard = () => {
          if (heard.at(-1)?.state === state) resolve();
        };
      });
    const serving = hears("serving");
    const { child, ended, id, listening, client } = await started(["--nats", nats.url]);
    await serving;
    expect(heard[0]).toMatchObject({ id, address: listening, backend: "replay", state: "serving" });

    const back = new Promise<void>((resolve) => bus.onReconnect(resolve));
    process.kill(nats.pid, "SIGKILL");
    await back;
    expect((await evaluate(client, 1).result).outcome).toBe("ok");
    await hears("serving");

    const before = heard.length;
    const disconnected = hears("disconnected");
    child.kill("SIGTERM");
    await disconnected;
    expect(heard.slice(before).map(({ state }) => state)).toContain("draining");
    expect(await ended).toBe(0);
  });
});

describe("mistakes of the user are one sentence and a code, never a stack trace", () => {
  const replay = () => ["start", "--backend", "replay", "--space", space];
  test.each([
    ["no backend", () => ["start"], {}, 2, "--backend"],
    ["unknown backend", () => ["start", "--backend", "abacus"], {}, 2, "abacus"],
    ["replay without a space", () => ["start", "--backend", "replay"], {}, 2, "--space FILE"],
    ["missing space", () => ["start", "--backend", "replay", "--space", "/nowhere.json"], {}, 2, "/nowhere.json"],
    ["not a space", () => ["start", "--backend", "replay", "--space", entry], {}, 1, "neither JSON nor gzipped"],
    [
      "space for another backend",
      () => ["start", "--backend", "cpu", "--space", space],
      {},
      2,
      "--backend replay only",
    ],
    ["bad device", () => [...replay(), "--devices", "0,one"], {}, 2, "--devices"],
    ["device twice", () => [...replay(), "--devices", "0,0"], {}, 2, "twice"],
    ["bad time scale", () => [...replay(), "--time-scale", "-1"], {}, 2, "--time-scale -1"],
    ["bad address", () => [...replay(), "--listen", "nowhere"], {}, 2, "HOST:PORT"],
    ["off loopback without a token", () => [...replay(), "--listen", "0.0.0.0:0"], {}, 2, "KEVO_TOKEN"],
    [
      "wildcard without an address to announce",
      () => [...replay(), "--listen", "0.0.0.0:0"],
      { KEVO_TOKEN: "correct-horse" },
      2,
      "--advertise",
    ],
    ["a compiler that makes nothing", () => ["start", "--backend", "cpu"], { CC: "/bin/true" }, 1, "wrote no file"],
    ["unreachable NATS", () => [...replay(), "--nats", "nats://127.0.0.1:1"], {}, 1, "nats://127.0.0.1:1"],
  ])("%s", async (_what, args, environment, code, message) => {
    const found = await outcome(args(), environment);
    expect(found.said).toContain(message);
    expect(found.said).not.toMatch(/\n\s+at /);
    expect(found.said.trim().split("\n")).toHaveLength(1);
    expect(found.code).toBe(code);
  });

  test("a port that is taken", async () => {
    const { listening } = await started();
    const found = await outcome([...replay(), "--listen", listening]);
    expect(found).toMatchObject({ code: 1, said: expect.stringContaining(`cannot listen on ${listening}`) });
    expect(found.said).not.toMatch(/\n\s+at /);
  });
});
