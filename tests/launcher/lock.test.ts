import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ROOT } from "../house/files.ts";

const LOCK = new URL(`file://${join(ROOT, "deploy/launcher/lock.mjs")}`).href;
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kevo-lock-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A process that notes in a file when it enters and leaves the lock. */
async function contender(): Promise<void> {
  const code = `
    const { withLock } = await import(${JSON.stringify(LOCK)});
    const { appendFileSync } = await import("node:fs");
    const note = (word) => appendFileSync(${JSON.stringify(join(root, "notes"))}, word + " ");
    await withLock(${JSON.stringify(root)}, async () => {
      note("in"); await new Promise((resolve) => setTimeout(resolve, 150)); note("out");
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: "ignore" });
  const [status] = await once(child, "exit");
  expect(status).toBe(0);
}

test("processes hold the lock one after the other", async () => {
  await Promise.all([contender(), contender(), contender()]);
  expect(readFileSync(join(root, "notes"), "utf8")).toBe("in out in out in out ");
});

test("a lock whose holder is dead is taken over", async () => {
  const dead = spawn(process.execPath, ["-e", ""]);
  await once(dead, "exit");
  mkdirSync(join(root, ".node"));
  writeFileSync(join(root, ".node", "install.lock"), String(dead.pid));
  await contender();
  expect(readFileSync(join(root, "notes"), "utf8")).toBe("in out ");
});
