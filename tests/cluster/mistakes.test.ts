/** Mistakes and misfortunes: one clear sentence, the right exit code, no stack trace, and what was counted stays. */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createWebServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { RemoteError } from "@kevo/core/bus/errors.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { describe, expect, test } from "vitest";
import { type Ended, Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

const VECTOR_SCALE = fileURLToPath(new URL("../fixtures/vector-scale-cpu", import.meta.url));

function expectSentence({ code, stderr }: Ended, exit: number, ...parts: string[]): void {
  expect(code, stderr).toBe(exit);
  for (const part of parts) expect(stderr).toContain(part);
  expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
  expect(stderr.trim().split("\n").length).toBeLessThanOrEqual(3);
}

const kernelDefinition = {
  id: "mine",
  title: "Mine",
  backends: ["cpu"],
  parameters: [{ name: "TILE", type: "ordinal", values: [1, 2, 4] }],
  constraints: [],
  default: { TILE: 1 },
  baselines: [],
  workloads: [{ name: "small", shape: { N: 16 }, flops: 16, bytes: 128 }],
  source: "kernel.c",
  reference: "reference.c",
};

function kernelFolder(place: Workplace, change: Record<string, unknown>): string {
  mkdirSync(place.file("mine"));
  writeFileSync(place.file("mine/kernel.json"), JSON.stringify({ ...kernelDefinition, ...change }));
  writeFileSync(place.file("mine/kernel.c"), "");
  writeFileSync(place.file("mine/reference.c"), "");
  return "./mine";
}

describe("coordinator start", () => {
  test.each<[string, string[], ...string[]]>([
    ["an unknown kernel", ["--kernel", "attention-cpuu"], "attention-cpuu", "attention-cpu"],
    ["no kernel", [], "--kernel"],
    ["a bad number", ["--kernel", "attention-cpu", "--islands", "four"], "--islands four"],
    ["a number out of range", ["--kernel", "attention-cpu", "--evaluations", "0"], "--evaluations 0"],
    ["an unknown option", ["--kernel", "attention-cpu", "--evaluation", "5"], "--evaluation"],
    ["an unknown workload", ["--kernel", "attention-cpu", "--workload", "s9"], "--workload s9"],
    ["a backend that the kernel does not know", ["--kernel", "attention-cpu", "--backend", "triton"], "triton"],
    ["a space that is not there", ["--backend", "replay", "--space", "none.json"], "none.json"],
    ["devices that are no numbers", ["--kernel", "attention-cpu", "--devices", "0x1"], "--devices 0x1"],
    ["code to evolve without a model", ["--kernel", "attention-cpu", "--evolve", "source"], "--llm"],
    ["an off-loopback NATS without a token", ["--kernel", "attention-cpu", "--nats-listen", "0.0.0.0:0"], "KEVO_TOKEN"],
  ])("%s", async (_what, args, ...parts) => {
    await using place = new Workplace();
    expectSentence(await place.run("coordinator", ["start", ...args], { KEVO_TOKEN: "" }), 2, ...parts);
    // A mistake leaves nothing behind that a later command would take for a run.
    expect(existsSync(place.file(".kevo/nats"))).toBe(false);
  });

  test("a kernel beside a recorded space changes nothing, which is said", async () => {
    await using place = new Workplace();
    writeSyntheticSpace(place.file("space.json"), { values: 2 });
    const args = ["start", "--backend", "replay", "--space", "space.json", "--kernel", "attention-cpu"];
    const { code, stderr } = await place.run("coordinator", [...args, "--islands", "2", "--evaluations", "100"]);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("--kernel attention-cpu has no effect");
    expect(stderr).toMatch(/Run \S+ of bowl on replay completed/);
    // Nor did it stop for nothing before its budget was spent.
    expect(stderr).toContain("the islands have no more candidates to propose after 16 of 100 evaluations\n");
    expect(stderr.match(/no more candidates to propose/g)).toHaveLength(1);
  });

  test("a recording that could not be written is not begun", async () => {
    await using place = new Workplace();
    writeSyntheticSpace(place.file("space.json"), { values: 2 });
    const args = ["record", "--space", "space.json", "--out", "space.json/record.json"];
    expectSentence(await place.run("coordinator", args), 2, "--out", "space.json");
    expect(existsSync(place.file(".kevo"))).toBe(false);
  });

  test.each(["{}", '{"kernel_name": "a", "tune_params_keys": []}'])("a space that is %s", async (text) => {
    await using place = new Workplace();
    writeFileSync(place.file("space.json"), text);
    expectSentence(await place.run("coordinator", ["start", "--space", "space.json"]), 1, "space.json", "cache: ");
  });

  test("NATS that cannot be reached", async () => {
    await using place = new Workplace();
    const args = ["start", "--kernel", "attention-cpu", "--nats", "nats://127.0.0.1:1"];
    expectSentence(await place.run("coordinator", args), 1, "nats://127.0.0.1:1", "coordinator.mjs doctor");
  });

  test.each([
    ["a misspelt field", { parametres: [] }, "parametres"],
    ["a typo in a constraint", { constraints: ["TILE % TIEL == 0"] }, "TIEL"],
    ["a constraint that no configuration satisfies", { constraints: ["TILE > 4"] }, "TILE > 4"],
  ])("a definition with %s", async (_what, change, part) => {
    await using place = new Workplace();
    const ended = await place.run("coordinator", ["start", "--kernel", kernelFolder(place, change)]);
    expectSentence(ended, 2, part);
  });
});

describe("with --json a failure is the last line on standard output, with a code", () => {
  const lastLine = (stdout: string) => JSON.parse(stdout.trim().split("\n").at(-1) ?? "");

  test("of wrong usage", async () => {
    await using place = new Workplace();
    const unknown = await place.run("coordinator", ["start", "--kernel", "attention-cpuu", "--json"]);
    expect(lastLine(unknown.stdout).error).toMatchObject({
      code: "wrong_usage",
      message: expect.stringContaining("attention-cpuu"),
    });
    const option = await place.run("coordinator", ["runs", "--jsonl", "--json"]);
    expect(lastLine(option.stdout).error).toMatchObject({ code: "wrong_usage" });
    const people = await place.run("coordinator", ["start", "--kernel", "attention-cpuu"]);
    expect(people.stdout).toBe("");
  });

  test("of a kernel whose baseline does not compile, with what the evaluator said and no address", async () => {
    await using place = new Workplace();
    cpSync(VECTOR_SCALE, place.file("scale"), { recursive: true });
    const source = readFileSync(place.file("scale/kernel.c"), "utf8");
    writeFileSync(place.file("scale/kernel.c"), `${source}\n#error no baseline\n`);
    const ended = await place.run("coordinator", [
      "start",
      "--kernel",
      "./scale",
      "--islands",
      "1",
      "--evaluations",
      "4",
      "--json",
    ]);
    expect(ended.code, ended.stderr).toBe(1);
    const { error } = lastLine(ended.stdout);
    expect(error).toMatchObject({
      code: "baseline_failed",
      message: expect.stringContaining("127.0.0.1:"),
      detail: expect.stringMatching(
        /^the default configuration of kernel vector-scale-cpu \(baseline 'default'\) does not compile: .*no baseline/s,
      ),
    });
    expect(place.ledger().query("select data from events where kind = 'failed'")).toEqual([
      { data: JSON.stringify({ end: "baseline_failed" }) },
    ]);
  });
});

test("an evaluator on a port that is taken", async () => {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { values: 2 });
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  const args = ["start", "--backend", "replay", "--space", "space.json", "--listen", `127.0.0.1:${port}`];
  expectSentence(await place.run("gpu-evaluator", args), 1, `127.0.0.1:${port}`);
  server.close();
});

test("an address at which no evaluator answers is named with the reason, while it is waited for", async () => {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { values: 2 });
  const [web, stopped] = [createWebServer((_request, response) => response.end("hi")), createServer()];
  for (const server of [web, stopped]) await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const [other, closed] = [web, stopped].map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`);
  await new Promise((done) => stopped.close(done));
  const addresses = [closed, other, "nobody.invalid:4100"].flatMap((address) => ["--evaluator", address as string]);
  const { child, ended } = place.start("coordinator", [
    "start",
    "--space",
    "space.json",
    "--islands",
    "1",
    ...addresses,
  ]);
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr as Readable })) {
    if (line.includes("does not answer")) said.push(line);
    if (said.length === 3) break;
  }
  child.kill("SIGINT");
  await ended;
  web.close();
  expect(said.sort()).toEqual(
    [
      `evaluator ${closed} does not answer (connection refused: no server listens there); trying again`,
      `evaluator ${other} does not answer (the server there is not a gpu-evaluator: it does not speak gRPC); trying again`,
      "evaluator nobody.invalid:4100 does not answer (unknown host); trying again",
    ].sort(),
  );
});

test("malformed messages change nothing: each is answered, and the run continues", async () => {
  await using place = new Workplace();
  // Long enough that a slow machine sends all of it while the run lasts.
  writeSyntheticSpace(place.file("space.json"), { benchmarkMs: 300 });
  const args = ["start", "--backend", "replay", "--space", "space.json", "--time-scale", "1", "--search", "random"];
  const { ended } = place.start("coordinator", [...args, "--islands", "2", "--evaluations", "30", "--json"]);
  await place.ledger().evaluated(5);
  const bus = await connectBus({
    url: `nats://127.0.0.1:${place.natsRecord().port}`,
    role: "coordinator",
    name: "vandal",
  });
  const { id } = place.ledger().latest();
  const { z } = await import("zod");
  const anything = z.unknown();
  const wrong = [
    [subjects.batch(id), { v: 1, island: 0 }],
    [subjects.batch(id), { v: 1, worker: "vandal", island: 0, epoch: 99, k: 0, proposals: [], diversity: null }],
    [subjects.batch(id), { v: 1, worker: "vandal", island: 99, epoch: 1, k: 0, proposals: [], diversity: null }],
    [subjects.lease(id), { v: 2, type: "acquire", worker: "vandal" }],
    [subjects.gap(id), "no object"],
  ] as const;
  for (const [subject, message] of wrong) {
    const answer = await bus.request(subject, message, anything, 60_000).catch((error: unknown) => {
      // Malformed ones are answered by an error; no answer is none.
      if (error instanceof RemoteError) return { refused: error.message };
      throw error;
    });
    expect(JSON.stringify(answer)).toMatch(/refused/);
  }
  for (const subject of [
    subjects.announcement("-"),
    subjects.control(id),
    subjects.elites(id, 0),
    subjects.log(id, 0),
  ]) {
    bus.publish(subject, { v: 1, garbage: true });
  }
  await bus.close();
  expect(await ended).toMatchObject({ code: 0 });
  expect(place.ledger().count("evaluations")).toBe(30);
});

// A full disk must be a small one: a memory file system in a new mount namespace.
const inNamespace = ["unshare", "--mount", ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"])];
const canMount =
  spawnSync(inNamespace[0] as string, [...inNamespace.slice(1), "sh", "-c", "mount -t tmpfs none /mnt"]).status === 0;

test.runIf(canMount)(
  "a full disk stops the run with a clear message; with room again it is resumed to the end",
  async () => {
    await using place = new Workplace();
    writeSyntheticSpace(place.file("space.json"), { values: 9 });
    mkdirSync(place.file("small"));
    const main = fileURLToPath(new URL("../../coordinator/cli/main.ts", import.meta.url));
    const start = `--backend replay --space ../space.json --search random --islands 2 --evaluations 1000 --seed 1 --json`;
    const script = `
    mount -t tmpfs -o size=2m none small && cd small
    "$0" "$1" start ${start}; echo "first $?"
    mount -o remount,size=200m . && "$0" "$1" resume --json; echo "second $?"`;
    const shell = spawn(
      inNamespace[0] as string,
      [...inNamespace.slice(1), "sh", "-c", script, process.execPath, main],
      {
        cwd: place.path,
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let stdout = "";
    let stderr = "";
    shell.stdout.on("data", (text) => {
      stdout += text;
    });
    shell.stderr.on("data", (text) => {
      stderr += text;
    });
    await new Promise((resolve) => shell.once("close", resolve));
    expect(stderr).toMatch(/the disk is full.*Resume the run with: \S*coordinator\S* resume/);
    expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
    expect(stdout).toContain("first 1");
    expect(stdout).toContain("second 0");
    expect(stdout).toMatch(/"status":"completed".*"total":1000/);
  },
);

describe("help and version", () => {
  test.each(["coordinator", "island-worker", "gpu-evaluator", "research-stage"] as const)(
    "%s --version",
    async (program) => {
      const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
      await using place = new Workplace();
      expect(await place.run(program, ["--version"])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: "" });
      expect((await place.run(program, ["--help"])).stdout).toContain("--version");
    },
  );
});
