import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { startTimeOf } from "@kevo/core/process/process-identity.ts";
import { afterEach, expect, test } from "vitest";
import { type EmbeddedNats, type ServerExit, startNatsServer } from "./embedded.ts";

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanup.splice(0).reverse()) await undo();
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "kevo-nats-"));
  cleanup.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function start(options: Parameters<typeof startNatsServer>[0]): Promise<EmbeddedNats> {
  const server = await startNatsServer(options);
  cleanup.push(() => server.stop());
  return server;
}

test("a server starts, answers and stops without a trace of its process", async () => {
  const dir = folder();
  const server = await start({ dir });
  const bus = await connectBus({ url: server.url, role: "coordinator", name: "test" });
  await bus.openLogStream();
  await bus.close();
  const { pid } = server;
  await server.stop();
  expect(startTimeOf(pid)).toBeNull();
  expect(existsSync(join(dir, "server.json"))).toBe(false);
});

test("a killed server restarts on the same port, and the owner is notified", async () => {
  const server = await start({ dir: folder() });
  const { url, pid } = server;
  const told = new Promise<ServerExit>((resolve) => server.onExit(resolve));
  process.kill(pid, "SIGKILL");
  const exit = await told;
  expect(exit.reason).toContain("SIGKILL");
  await exit.restarted;
  expect(server.url).toBe(url);
  expect(server.pid).not.toBe(pid);
  const bus = await connectBus({ url, role: "coordinator", name: "test" });
  await bus.close();
});

function killWatcher(owner: number): void {
  const table = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" });
  const watcher = table.split("\n").find((line) => new RegExp(`^ *\\d+ +${owner} .*nats-server-watcher`).test(line));
  process.kill(Number.parseInt(watcher ?? "", 10), "SIGKILL");
}

/** A server whose owner was killed, and what would have ended it too; its process id. */
async function orphan(dir: string, token?: string): Promise<number> {
  const script = `import { startNatsServer } from ${JSON.stringify(join(import.meta.dirname, "embedded.ts"))};
    const server = await startNatsServer(${JSON.stringify({ dir, token })});
    console.log(server.pid);
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [chunk] = (await once(owner.stdout, "data")) as [Buffer];
  killWatcher(owner.pid as number);
  owner.kill("SIGKILL");
  await once(owner, "exit");
  const pid = Number(chunk.toString());
  expect(startTimeOf(pid)).not.toBeNull();
  return pid;
}

test("the server of a killed owner is adopted by the next start, watched, and ended by it", async () => {
  const dir = folder();
  const pid = await orphan(dir);
  const server = await start({ dir });
  expect(server).toMatchObject({ adopted: true, pid });
  const told = new Promise<ServerExit>((resolve) => server.onExit(resolve));
  process.kill(pid, "SIGKILL");
  await (await told).restarted;
  expect(server.pid).not.toBe(pid);
  await server.stop();
  expect(startTimeOf(server.pid)).toBeNull();
});

test("a recorded server with another token is ended, not adopted", async () => {
  const dir = folder();
  const pid = await orphan(dir, "first-secret");
  const server = await start({ dir, token: "second-secret" });
  expect(server.adopted).toBe(false);
  expect(startTimeOf(pid)).toBeNull();
  await expect(
    connectBus({ url: server.url, role: "coordinator", token: "first-secret", name: "test" }),
  ).rejects.toThrow(/KEVO_TOKEN/);
});

test("several owners that start at once share one server, which ends with the last", async () => {
  const dir = folder();
  const servers = await Promise.all([start({ dir }), start({ dir }), start({ dir })]);
  const [{ pid, url }, second, third] = servers as [EmbeddedNats, EmbeddedNats, EmbeddedNats];
  expect(servers.map((server) => [server.pid, server.url])).toEqual(Array(3).fill([pid, url]));
  await expect(startNatsServer({ dir, token: "another-token" })).rejects.toThrow(/another coordinator/);
  await second.stop();
  expect(startTimeOf(pid)).not.toBeNull();

  const told = [servers[0], third].map((server) => new Promise<ServerExit>((resolve) => server?.onExit(resolve)));
  process.kill(pid, "SIGKILL");
  for (const exit of await Promise.all(told)) await exit.restarted;
  expect(servers[0]?.pid).toBe(third.pid);
  await servers[0]?.stop();
  expect(startTimeOf(third.pid)).not.toBeNull();
  await third.stop();
  expect(startTimeOf(third.pid)).toBeNull();
});

test("a token is not in the process list, nor in the configuration", async () => {
  const dir = folder();
  const server = await start({ dir, token: "very-secret-token" });
  expect(statSync(join(dir, "nats-server.conf")).mode & 0o777).toBe(0o600);
  if (process.platform === "linux") {
    expect(readFileSync(`/proc/${server.pid}/cmdline`, "utf8")).not.toContain("very-secret");
    expect(readFileSync(`/proc/${server.pid}/environ`, "utf8")).not.toContain("very-secret");
  }
  expect(readFileSync(join(dir, "nats-server.conf"), "utf8")).not.toContain("very-secret");
  const bus = await connectBus({ url: server.url, role: "coordinator", token: "very-secret-token", name: "test" });
  await bus.close();
});

test("beyond loopback a token is asked for", async () => {
  await expect(startNatsServer({ dir: folder(), listen: "0.0.0.0:0" })).rejects.toThrow(/KEVO_TOKEN/);
});

test("a port in use is named", async () => {
  const taken = await start({ dir: folder() });
  const port = new URL(taken.url).port;
  await expect(startNatsServer({ dir: folder(), listen: `127.0.0.1:${port}` })).rejects.toThrow(
    new RegExp(`127.0.0.1:${port}.*in use`),
  );
});
