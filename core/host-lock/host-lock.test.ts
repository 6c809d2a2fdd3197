import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { acquireExclusive, acquireShared } from "./host-lock.ts";

const fixture = fileURLToPath(new URL("./holder.fixture.ts", import.meta.url));
const outer = process.env.TMPDIR;
let folder: string;
const children: ChildProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kevo-lock-test-"));
  process.env.TMPDIR = folder;
});
afterEach(async () => {
  for (const child of children.splice(0)) await ended(child);
});
afterAll(() => {
  if (outer === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = outer;
  rmSync(folder, { recursive: true, force: true });
});

function run(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [fixture, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  return child;
}

async function holder(...args: string[]): Promise<ChildProcess> {
  const child = run(...args);
  if (child.stdout) await once(child.stdout, "data");
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  const end = once(child, "exit");
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await end;
}

/** True when it is still waiting after a moment in which a free lock would long have been had. */
async function waits(promise: Promise<unknown>): Promise<boolean> {
  const moment = new Promise<"waiting">((resolve) => setTimeout(resolve, 60, "waiting"));
  return (await Promise.race([promise, moment])) === "waiting";
}

const lockName = () => `device-cpu:0/${randomUUID()}`;

test("an exclusive holder in another process keeps everyone out until it is killed", async () => {
  const name = lockName();
  const child = await holder("hold", name, "exclusive");
  const shared = acquireShared(name);
  const exclusive = acquireExclusive(name);
  expect(await waits(shared)).toBe(true);
  await ended(child);
  (await shared)();
  (await exclusive)();
});

test("readers of several processes share; a writer waits for the last of them", async () => {
  const name = lockName();
  const child = await holder("hold", name, "shared");
  const mine = await acquireShared(name);
  const exclusive = acquireExclusive(name);
  mine();
  expect(await waits(exclusive)).toBe(true);
  child.stdin?.write("release");
  (await exclusive)();
});

test("a writer does not starve behind readers that come and go in two processes", async () => {
  const name = lockName();
  await Promise.all([holder("churn", name), holder("churn", name)]);
  for (let round = 0; round < 5; round++) (await acquireExclusive(name))();
});

test("readers do not starve behind writers of other processes", async () => {
  const name = lockName();
  const file = join(folder, "count-beside-readers");
  writeFileSync(file, "0");
  const writers = [run("count", name, file), run("count", name, file)].map((child) => once(child, "exit"));
  while (readFileSync(file, "utf8") === "0") await new Promise((resolve) => setTimeout(resolve, 5));
  for (let round = 0; round < 5; round++) (await acquireShared(name))();
  await Promise.all(writers);
  expect(readFileSync(file, "utf8")).toBe("80");
});

test("three processes that count under the lock lose no count", async () => {
  const file = join(folder, "count");
  writeFileSync(file, "0");
  const name = lockName();
  await Promise.all([1, 2, 3].map(() => once(run("count", name, file), "exit")));
  expect(readFileSync(file, "utf8")).toBe("120");
});

test("within a process: first come, first served, shared together, exclusive alone", async () => {
  const name = lockName();
  const order: string[] = [];
  const take = async (mode: typeof acquireShared, label: string) => {
    using _release = await mode(name);
    order.push(`+${label}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    order.push(`-${label}`);
  };
  await Promise.all([
    take(acquireShared, "a"),
    take(acquireShared, "b"),
    take(acquireExclusive, "c"),
    take(acquireShared, "d"),
  ]);
  expect(order).toEqual(["+a", "+b", "-a", "-b", "+c", "-c", "+d", "-d"]);
});

test("a wait that is aborted leaves the queue and the gate to others; release twice is release once", async () => {
  const name = lockName();
  const reader = await acquireShared(name);
  const abort = new AbortController();
  const writer = acquireExclusive(name, abort.signal);
  const behind = acquireShared(name);
  expect(await waits(behind)).toBe(true);
  abort.abort(new Error("no longer wanted"));
  await expect(writer).rejects.toThrow("no longer wanted");
  (await behind)();
  const other = await holder("hold", name, "shared");
  reader();
  reader();
  const exclusive = acquireExclusive(name);
  expect(await waits(exclusive)).toBe(true);
  await ended(other);
  (await exclusive)();
  await expect(acquireExclusive(name, abort.signal)).rejects.toThrow("no longer wanted");
});
