import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ROOT } from "../house/files.ts";

const LOCK = new URL(`file://${join(ROOT, "deploy/launcher/lock.mjs")}`).href;
let root: string;
const contenders: Contender[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kevo-lock-"));
});
afterEach(async () => {
  for (const { child, ended } of contenders.splice(0)) {
    child.kill("SIGKILL");
    await ended;
  }
  rmSync(root, { recursive: true, force: true });
});

/** A process that takes the lock at once, reports it, and keeps it until it is told to leave. */
class Contender {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<unknown>;
  readonly entered: Promise<this>;
  /** It has seen that the lock is held, and tells the user. */
  readonly waits: Promise<"waits">;

  constructor() {
    const code = `
      const { appendFileSync } = await import("node:fs");
      const { withLock } = await import(${JSON.stringify(LOCK)});
      await withLock(${JSON.stringify(root)}, async () => {
        appendFileSync(${JSON.stringify(join(root, "notes"))}, "in ");
        console.log("in");
        await new Promise((resolve) => process.stdin.once("data", resolve));
        appendFileSync(${JSON.stringify(join(root, "notes"))}, "out ");
      });
      process.exit(0);`;
    this.child = spawn(process.execPath, ["--input-type=module", "-e", code]);
    this.ended = once(this.child, "exit");
    this.entered = once(this.child.stdout, "data").then(() => this);
    this.waits = once(this.child.stderr, "data").then(() => "waits");
    contenders.push(this);
  }

  /** Its first action. */
  first(): Promise<"waits" | "enters"> {
    return Promise.race([this.waits, this.entered.then(() => "enters" as const)]);
  }

  async leave(): Promise<void> {
    this.child.stdin.write("leave\n");
    expect(await this.ended).toEqual([0, null]);
  }
}

test("processes hold the lock one after the other", async () => {
  const first = await new Contender().entered;
  const others = [new Contender(), new Contender()];
  expect(await Promise.all(others.map((other) => other.first()))).toEqual(["waits", "waits"]);
  await first.leave();
  const second = await Promise.race(others.map(({ entered }) => entered));
  const third = others.find((other) => other !== second) as Contender;
  await second.leave();
  await (await third.entered).leave();
  expect(readFileSync(join(root, "notes"), "utf8")).toBe("in out in out in out ");
});

test("a lock whose holder is dead is taken over", async () => {
  const dead = spawn(process.execPath, ["-e", ""]);
  await once(dead, "exit");
  mkdirSync(join(root, ".node"));
  writeFileSync(join(root, ".node", "install.lock"), String(dead.pid));
  const contender = await new Contender().entered;
  await contender.leave();
});
