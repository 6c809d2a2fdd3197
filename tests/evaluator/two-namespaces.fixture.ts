/**
 * Two hosts on one: this process runs in a new network namespace, makes a second one, joins the two by a virtual cable,
 * and has an evaluator in the other one, with NATS and the client in this one. Prints its findings as JSON.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startNatsServer } from "@kevo/coordinator/nats-server/embedded.ts";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { openEvaluatorClient } from "@kevo/core/evaluator-access/client.ts";
import { callSecretOfToken } from "@kevo/core/identity/token-keys.ts";
import { RECORDED_WORKLOAD, recordedKernel } from "@kevo/core/recorded-space/recorded-kernel.ts";
import { loadRecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import { connectEvaluator } from "@kevo/proto/evaluator-service.ts";
import { evaluatorAnnouncement } from "@kevo/proto/messages/evaluators.ts";
import { subjects } from "@kevo/proto/subjects.ts";

const TOKEN = "two-hosts-one-secret";
const HERE = "10.77.0.1";
const THERE = "10.77.0.2";
const evaluator = fileURLToPath(import.meta.resolve("@kevo/gpu-evaluator/cli/main.ts"));

const folder = mkdtempSync(join(tmpdir(), "kevo-two-hosts-"));
const other = spawn("unshare", ["--net", "sleep", "300"], { stdio: "ignore" });
const there = ["-t", String(other.pid), "-n"];
const found: Record<string, unknown> = {};

try {
  await connectNamespaces();
  const space = join(folder, "space.json");
  const cache = { 1: { x: 1, time: 0.5 } };
  const recording = { kernel_name: "taped", tune_params_keys: ["x"], tune_params: { x: [1] }, cache };
  writeFileSync(space, JSON.stringify(recording));
  const kernel = recordedKernel(await loadRecordedSpace(space)).hash;

  const bare = startThere(space, [], "");
  found.withoutToken = (await once(bare.child, "exit"))[0];

  const nats = await startNatsServer({ dir: join(folder, "nats"), listen: `${HERE}:0`, token: TOKEN });
  const bus = await connectBus({ url: nats.url, role: "coordinator", token: TOKEN, name: "test" });
  const announced = new Promise<string>((resolve) => {
    bus.subscribe(subjects.announcement("*"), evaluatorAnnouncement, ({ address }) => resolve(address));
  });
  const daemon = startThere(space, ["--nats", nats.url], TOKEN);
  const address = await announced;
  found.announced = address;

  const request = {
    candidate: "run/0/0/0",
    attempt: 1,
    kernel,
    configJson: '{"x":1}',
    workloads: [RECORDED_WORKLOAD],
    effort: "quick",
  };
  for (const [name, token] of Object.entries({ none: undefined, wrong: "another-secret-here", right: TOKEN })) {
    const client =
      token === undefined
        ? connectEvaluator(address)
        : openEvaluatorClient(address, { secret: callSecretOfToken(token) });
    const call = client.evaluate(request);
    found[name] = await new Promise((resolve) => {
      call.on("data", (event) => event.result && resolve(event.result.outcome));
      call.on("error", (error: { code?: number }) => resolve(error.code));
    });
    client.close();
  }
  const ended = once(daemon.child, "exit");
  daemon.child.kill("SIGTERM");
  found.exit = (await ended)[0];
  await bus.close();
  await nats.stop();
} finally {
  other.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}
console.log(JSON.stringify(found));

async function connectNamespaces(): Promise<void> {
  const namespaceOf = (pid: number | "self") => readlinkSync(`/proc/${pid}/ns/net`);
  while (namespaceOf(other.pid as number) === namespaceOf("self")) await pause(5);
  const ip = (...args: string[]) => execFileSync("ip", args);
  const ipThere = (...args: string[]) => execFileSync("nsenter", [...there, "ip", ...args]);
  ip("link", "add", "kevo0", "type", "veth", "peer", "name", "kevo1", "netns", String(other.pid));
  ip("addr", "add", `${HERE}/24`, "dev", "kevo0");
  ipThere("addr", "add", `${THERE}/24`, "dev", "kevo1");
  for (const device of ["lo", "kevo0"]) ip("link", "set", device, "up");
  for (const device of ["lo", "kevo1"]) ipThere("link", "set", device, "up");
}

function startThere(space: string, args: string[], token: string) {
  const command = [process.execPath, evaluator, "start", "--backend", "replay", "--space", space, "--json"];
  const child = spawn("nsenter", [...there, ...command, "--listen", `${THERE}:0`, ...args], {
    env: { ...process.env, KEVO_TOKEN: token },
    stdio: ["ignore", "pipe", "ignore"],
  });
  createInterface({ input: child.stdout }).resume();
  return { child };
}
