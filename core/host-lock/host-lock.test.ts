import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { LockFile } from "../database/lock-file.ts";
import { acquireExclusive, acquireShared } from "./host-lock.ts";

/** Tells of each try of this process to take a lock's file, with the lock's name. */
const tries = vi.hoisted(() => ({ tell: (_name: string) => {} }));
vi.mock(import("./named-lock.ts"), async (importOriginal) => {
  const { openNamedLock } = await importOriginal();
  const told = (name: string): LockFile => {
    const file = openNamedLock(name);
    const attempt = (mode: "shared" | "exclusive") => {
      const taken = file.try(mode);
      tries.tell(name);
      return taken;
    };
    return { ...file, try: attempt };
  };
  return { openNamedLock: told };
});

const fixture = fileURLToPath(new URL("./holder.fixture.ts", import.meta.url));
const outer = process.env.TMPDIR;
let folder: string;
const children: Helper[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kevo-lock-test-"));
  process.env.TMPDIR = folder;
});
afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
});
afterAll(() => {
  if (outer === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = outer;
  rmSync(folder, { recursive: true, force: true });
});

/** Another process, which runs the fixture. */
class Helper {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<unknown>;
  readonly #said = new EventEmitter();
  #lines = 0;

  constructor(...args: string[]) {
    this.#child = spawn(process.execPath, [fixture, ...args], { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr.pipe(process.stderr);
    this.#ended = once(this.#child, "close");
    createInterface({ input: this.#child.stdout }).on("line", () => {
      this.#lines++;
      this.#said.emit("line");
    });
    children.push(this);
  }

  /** How often it has done its work. */
  get times(): number {
    return this.#lines;
  }

  /** Resolves once it has done its work this many more times. */
  async works(more: number): Promise<void> {
    const wanted = this.#lines + more;
    while (this.#lines < wanted) await once(this.#said, "line");
  }

  /** Asks it to end, and waits for that. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

async function holder(...args: string[]): Promise<Helper> {
  const helper = new Helper(...args);
  await helper.works(1);
  return helper;
}

/** Whether it is still waiting once all that can happen without anybody else has happened. */
async function pending(promise: Promise<unknown>): Promise<boolean> {
  const later = new Promise<"waiting">((resolve) => setImmediate(resolve, "waiting"));
  return (await Promise.race([promise, later])) === "waiting";
}

/** Whether it is still waiting after twenty more tries of this process to take the lock; a free one is had by the first. */
async function waits(promise: Promise<unknown>, name: string): Promise<boolean> {
  let more = 20;
  await new Promise<void>((resolve) => {
    tries.tell = (tried) => {
      if (tried === name && --more === 0) resolve();
    };
    void promise.then(() => resolve());
  });
  tries.tell = () => {};
  return pending(promise);
}

const lockName = () => `device-cpu:0/${randomUUID()}`;

test("an exclusive holder in another process keeps everyone out until it is killed", async () => {
  const name = lockName();
  const child = await holder("hold", name, "exclusive");
  const shared = acquireShared(name);
  const exclusive = acquireExclusive(name);
  expect(await waits(shared, name)).toBe(true);
  await child.kill();
  (await shared)();
  (await exclusive)();
});

test("readers of several processes share; a writer waits for the last of them", async () => {
  const name = lockName();
  const child = await holder("hold", name, "shared");
  const mine = await acquireShared(name);
  const exclusive = acquireExclusive(name);
  mine();
  expect(await waits(exclusive, name)).toBe(true);
  await child.end();
  (await exclusive)();
});

test("a writer does not starve behind readers that come and go in two processes", async () => {
  const name = lockName();
  const readers = [new Helper("read", name), new Helper("read", name)];
  for (let round = 0; round < 5; round++) {
    await Promise.all(readers.map((reader) => reader.works(1)));
    (await acquireExclusive(name))();
  }
});

test("readers do not starve behind writers of other processes", async () => {
  const name = lockName();
  const file = join(folder, "count-beside-readers");
  writeFileSync(file, "0");
  const writers = [new Helper("count", name, file), new Helper("count", name, file)];
  for (let round = 0; round < 5; round++) {
    await Promise.all(writers.map((writer) => writer.works(1)));
    (await acquireShared(name))();
  }
  await Promise.all(writers.map((writer) => writer.end()));
  expect(Number(readFileSync(file, "utf8"))).toBe(writers.reduce((sum, { times }) => sum + times, 0));
});

test("three processes that count under the lock lose no count", async () => {
  const file = join(folder, "count");
  writeFileSync(file, "0");
  const name = lockName();
  const counters = [1, 2, 3].map(() => new Helper("count", name, file));
  // None ends before the last has counted twenty times, so that all of them counted at once.
  await Promise.all(counters.map((counter) => counter.works(20)));
  await Promise.all(counters.map((counter) => counter.end()));
  expect(Number(readFileSync(file, "utf8"))).toBe(counters.reduce((sum, { times }) => sum + times, 0));
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
  expect(await pending(behind)).toBe(true);
  abort.abort(new Error("no longer wanted"));
  await expect(writer).rejects.toThrow("no longer wanted");
  (await behind)();
  const other = await holder("hold", name, "shared");
  reader();
  reader();
  const exclusive = acquireExclusive(name);
  expect(await waits(exclusive, name)).toBe(true);
  await other.kill();
  (await exclusive)();
  await expect(acquireExclusive(name, abort.signal)).rejects.toThrow("no longer wanted");
});
