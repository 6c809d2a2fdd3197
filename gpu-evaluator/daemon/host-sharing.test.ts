import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";

const fixture = fileURLToPath(new URL("./host-sharing.fixture.ts", import.meta.url));
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

interface Span {
  readonly process: number;
  readonly what: string;
  readonly begin: bigint;
  readonly end: bigint;
}

/** Its lock files are this test's own: other daemons of this host must not be waited for. */
function ownLocks(): string {
  const folder = mkdtempSync(join(tmpdir(), "kevo-sharing-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function daemonProcess(locks: string, device: string, evaluations: number, laneMs: number) {
  const child = spawn(process.execPath, [fixture, device, String(evaluations), String(laneMs)], {
    env: { ...process.env, TMPDIR: locks },
    stdio: ["pipe", "pipe", "inherit"],
  });
  cleanups.push(() => child.kill("SIGKILL"));
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  const says = async (line: string) => {
    while (!lines.includes(line)) await once(child.stdout, "data");
  };
  return { child, lines, says, closed: once(child, "close"), go: () => child.stdin.end("go\n") };
}

function spansOf({ child, lines }: { child: ChildProcess; lines: string[] }): Span[] {
  return lines
    .filter((line) => line.startsWith("span"))
    .map((line) => {
      const [, what = "", begin = "0", end = "0"] = line.split(" ");
      return { process: child.pid ?? 0, what, begin: BigInt(begin), end: BigInt(end) };
    });
}

test("two daemons on one host: one lane for a device, and nothing compiles anywhere while it times", async () => {
  const locks = ownLocks();
  const device = `cpu-${randomUUID()}`;
  const both = [daemonProcess(locks, device, 30, 4), daemonProcess(locks, device, 30, 4)];
  await Promise.all(both.map(({ says }) => says("ready")));
  for (const { go } of both) go();
  await Promise.all(both.map(({ closed }) => closed));
  const spans = both.flatMap(spansOf);
  const measured = spans.filter(({ what }) => what === "measure");
  expect(measured).toHaveLength(60);
  for (const lane of measured) {
    const beside = spans.filter((other) => other !== lane && other.begin < lane.end && lane.begin < other.end);
    expect(beside).toEqual([]);
  }
  // Once both were at work, neither waited until the other was through.
  const order = spans.toSorted((a, b) => Number(a.begin - b.begin));
  const beginnings = both.map(({ child }) => order.findIndex(({ process }) => process === child.pid));
  const measures = order.slice(Math.max(...beginnings)).filter(({ what }) => what === "measure");
  for (const { child } of both) expect(measures.findIndex(({ process }) => process === child.pid)).toBeLessThan(20);
});

test("a daemon that is killed in the lane leaves the device to the other", async () => {
  const locks = ownLocks();
  const device = `cpu-${randomUUID()}`;
  const stuck = daemonProcess(locks, device, 1, 3_600_000);
  stuck.go();
  await stuck.says("begin measure");
  const other = daemonProcess(locks, device, 3, 1);
  other.go();
  stuck.child.kill("SIGKILL");
  await other.closed;
  expect(spansOf(other).filter(({ what }) => what === "measure")).toHaveLength(3);
});
