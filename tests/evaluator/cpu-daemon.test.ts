import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type EmbeddedNats, startNatsServer } from "@kevo/coordinator/nats-server/embedded.ts";
import type { Bus } from "@kevo/core/bus/bus.ts";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { type EvaluatorAccess, evaluatorAccess, openEvaluatorClient } from "@kevo/core/evaluator-access/client.ts";
import { type KernelPackage, loadKernel } from "@kevo/core/kernel/load.ts";
import type { EvaluatorClient, Result__Output } from "@kevo/proto/evaluator-service.ts";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

const entry = fileURLToPath(import.meta.resolve("@kevo/gpu-evaluator/cli/main.ts"));
const fixture = fileURLToPath(new URL("../fixtures/vector-scale-cpu", import.meta.url));
let folder: string;
let nats: EmbeddedNats;
/** Daemons ask the coordinator for kernels, as long as it is connected. */
let bus: Bus;
let kernel: KernelPackage;
const outer = process.env.TMPDIR;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kevo-cpu-daemon-"));
  // The daemon's, where programs of one user find each other's secrets.
  process.env.TMPDIR = folder;
  kernel = await loadKernel(spinningKernel(), folder);
  nats = await startNatsServer({ dir: join(folder, "nats") });
  bus = await connectBus({ url: nats.url, role: "coordinator", name: "test" });
  await bus.putObject(kernel.hash, kernel.bytes);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(async () => {
  await bus.close();
  await nats.stop();
  if (outer === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = outer;
  rmSync(folder, { recursive: true, force: true });
});

/** The fixture with one more parameter, under which it never returns. */
function spinningKernel(): string {
  const path = join(folder, "spinning");
  cpSync(fixture, path, { recursive: true });
  const definition = JSON.parse(readFileSync(join(path, "kernel.json"), "utf8"));
  definition.id = "spinning";
  definition.parameters.push({ name: "SPIN", type: "integer", min: 0, max: 1 });
  definition.default.SPIN = 0;
  writeFileSync(join(path, "kernel.json"), JSON.stringify(definition));
  const source = readFileSync(join(path, "kernel.c"), "utf8");
  const spin = "$&\n  for (volatile int turning = SPIN; turning;) {\n  }";
  writeFileSync(join(path, "kernel.c"), source.replace(/void kevo_kernel\([^{]*\{/, spin));
  return path;
}

async function startDaemon(): Promise<{ child: ChildProcess; client: EvaluatorClient }> {
  const child = spawn(
    process.execPath,
    [entry, "start", "--backend", "cpu", "--nats", nats.url, "--json", "--parent"],
    {
      env: { ...process.env, KEVO_TOKEN: "", TMPDIR: folder, XDG_CACHE_HOME: folder },
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const { listening } = JSON.parse(line) as { listening: string };
  const client = openEvaluatorClient(listening, evaluatorAccess(listening, undefined) as EvaluatorAccess);
  cleanups.push(
    () => child.kill("SIGKILL"),
    () => client.close(),
  );
  return { child, client };
}

function evaluate(client: EvaluatorClient, spin: 0 | 1) {
  const config = { ...kernel.definition.default, SPIN: spin };
  const call = client.evaluate({
    candidate: `run/0/0/${spin}`,
    attempt: 1,
    kernel: kernel.hash,
    configJson: JSON.stringify(config),
    workloads: ["small"],
    effort: "quick",
  });
  const result = new Promise<Result__Output>((resolve, reject) => {
    call.on("data", (event) => event.result && resolve(event.result));
    call.on("error", reject);
  });
  result.catch(() => {});
  return { call, result };
}

/** Processes that run a program which this test's daemons compiled for a candidate. */
function candidates(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const program = readlinkSync(`/proc/${pid}/exe`);
        return program.startsWith(folder) && program.includes("/candidates/");
      } catch {
        return false;
      }
    });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(10);
}

const onLinux = process.platform === "linux";

test.runIf(onLinux)("a kernel that its disk lacks is fetched; a cancelled candidate's processes end", async () => {
  const { client } = await startDaemon();
  const found = await evaluate(client, 0).result;
  expect(found).toMatchObject({ outcome: "ok", message: "", device: "cpu:0" });
  expect(found.measurements[0]?.speedup).toBeGreaterThan(0);

  const spinning = evaluate(client, 1);
  await until(() => candidates().length > 0);
  spinning.call.cancel();
  await until(() => candidates().length === 0);
  expect((await evaluate(client, 0).result).outcome).toBe("ok");
});

test.runIf(onLinux)(
  "no process of a candidate outlives a daemon that is killed or whose parent has ended",
  async () => {
    for (const end of ["kill", "orphan"] as const) {
      const { child, client } = await startDaemon();
      const spinning = evaluate(client, 1);
      // One that ends now was refused.
      await Promise.race([until(() => candidates().length > 0), spinning.result.then(() => expect.unreachable())]);
      const ended = once(child, "exit");
      if (end === "kill") child.kill("SIGKILL");
      else child.stdin?.end();
      await ended;
      await until(() => candidates().length === 0);
    }
  },
);
